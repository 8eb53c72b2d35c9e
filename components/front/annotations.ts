import type * as pulumi from "@pulumi/pulumi";

/** Values by name. */
export type Annotations = Record<string, pulumi.Input<string>>;

/** Adds the prefix by which the load balancer controller finds annotations. */
export function prefixed(prefix: string, annotations: Annotations): Annotations {
  return Object.fromEntries(
    Object.entries(annotations).map(([key, value]) => [`${prefix}${key}`, value]),
  );
}

/** Attributes of a load balancer, listener or target group as the value of one annotation. */
export function attributeList(attributes: Record<string, string | number | boolean>): string {
  return Object.entries(attributes)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

/** Turns access logs on if there is a bucket. They are turned off explicitly, because omitting the keys keeps them on. */
export function accessLogs(bucket: string | undefined): Record<string, string | boolean> {
  return bucket === undefined
    ? { "access_logs.s3.enabled": false }
    : { "access_logs.s3.enabled": true, "access_logs.s3.bucket": bucket };
}
