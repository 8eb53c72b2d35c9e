import { shown } from "../app/common/shown.ts";

/** What is wrong with admins of whom one has made the cluster: EKS has that one administer it, and nobody twice. */
export function creatorFaults(admins: readonly string[], creator: string | undefined): string[] {
  return admins.flatMap((admin, index) =>
    creator !== undefined && principalOf(admin) === principalOf(creator)
      ? [
          `admins[${index}] is ${shown(admin)}; it must not be the one that makes the cluster, who administers it already: remove it`,
        ]
      : [],
  );
}

/**
 * An IAM principal by account and name, which are enough to know it. The ARN of a session, as of one who runs Pulumi by
 * an assumed role, has no path.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
 */
export function principalOf(arn: string): string {
  const [, partition = "", , , account = "", resource = ""] = arn.split(":");
  const [kind = "", ...rest] = resource.split("/");
  const [name, type] =
    kind === "assumed-role" ? [rest[0] ?? "", "role"] : [rest.at(-1) ?? "", kind];
  return [partition, account, type, name].join(" ");
}
