import type { Fault } from "../app/contract/fault.ts";

/** Admins among whom is the creator of the cluster, whom EKS lets administer it already and refuses a second time. */
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
