import type { Fault } from "../app/contract/fault.ts";

/** Rejects the cluster's creator among its admins: EKS already gives the creator access, and refuses a second entry. */
export function creatorFaults(admins: readonly string[], creator: string | undefined): Fault[] {
  return admins.flatMap((admin, index) =>
    creator !== undefined && principalOf(admin) === principalOf(creator)
      ? [
          {
            name: `admins[${index}]`,
            got: admin,
            mustBe: "somebody other than the creator of the cluster, who administers it already",
            fix: "remove it",
          },
        ]
      : [],
  );
}

/**
 * Identifies an IAM principal by account and name, which suffice. The ARN of a session, such as that of an assumed role
 * that runs Pulumi, has no path.
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
