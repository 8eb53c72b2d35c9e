/** Annotations under the prefix by which the load balancer controller finds them. */
export function prefixed(
  prefix: string,
  annotations: Record<string, string>,
): Record<string, string> {
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

/** Attributes of a load balancer that has access logs if there is a bucket. Leaving the keys out would not turn them off. */
export function accessLogs(bucket: string | undefined): Record<string, string | boolean> {
  return bucket === undefined
    ? { "access_logs.s3.enabled": false }
    : { "access_logs.s3.enabled": true, "access_logs.s3.bucket": bucket };
}
