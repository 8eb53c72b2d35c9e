import { deepEqual, equal, ok } from "node:assert/strict";
import type {
  PolicyDocument,
  PolicyScope,
  PolicyStatement,
} from "../../components/cluster/loadBalancerControllerPolicy.ts";

/** Statements by their Sid; all of them allow. */
export type Statements = Record<string, Omit<PolicyStatement, "Sid" | "Effect">>;

export const SCOPE: PolicyScope = {
  partition: "aws",
  region: "us-east-1",
  accountId: "111122223333",
  clusterName: "apps",
  vpcId: "vpc-1",
  podSecurityGroupId: "sg-pods",
};

/** The services whose actions a policy allows, in alphabetical order. */
export function services({ Statement }: PolicyDocument): string[] {
  const all = Statement.flatMap(({ Action }) => Action.map((action) => action.split(":")[0] ?? ""));
  return [...new Set(all)].toSorted();
}

/**
 * Tests what holds for every policy.
 *
 * @param everywhere statements that AWS lets nobody scope
 */
export function itIsLeast(
  policy: (scope: PolicyScope) => PolicyDocument,
  expected: Statements,
  everywhere: string[],
): void {
  const statements = (changes: Partial<PolicyScope> = {}) =>
    policy({ ...SCOPE, ...changes }).Statement;

  it("has exactly these statements, all of which allow", () => {
    equal(policy(SCOPE).Version, "2012-10-17");
    deepEqual(
      statements()
        .map(({ Sid }) => Sid)
        .filter((sid) => sid !== "Read"),
      Object.keys(expected),
    );
    deepEqual(new Set(statements().map(({ Effect }) => Effect)), new Set(["Allow"]));
  });

  for (const [sid, each] of Object.entries(expected)) {
    it(`scopes ${sid} as written`, () => {
      const statement = statements().find(({ Sid }) => Sid === sid);
      deepEqual(statement, { Sid: sid, Effect: "Allow", ...each });
    });
  }

  it("has no wildcard in an action and changes nothing on Resource * that could be scoped", () => {
    for (const { Sid, Action, Resource } of statements()) {
      deepEqual(
        Action.filter((action) => !/^[a-z0-9]+:[A-Za-z]+$/.test(action)),
        [],
      );
      equal([Resource].flat().includes("*"), everywhere.includes(Sid), Sid);
    }
  });

  it("allows nothing twice", () => {
    const said = statements().flatMap(({ Action, Resource, Condition }) =>
      Action.flatMap((action) =>
        [Resource].flat().map((resource) => JSON.stringify([action, resource, Condition])),
      ),
    );
    equal(new Set(said).size, said.length);
  });

  for (const [partition, region] of [
    ["aws-us-gov", "us-gov-west-1"],
    ["aws-cn", "cn-north-1"],
  ] as const) {
    it(`is the same in ${partition}, with that partition's ARNs`, () => {
      const moved = JSON.stringify(statements())
        .replaceAll("arn:aws:", `arn:${partition}:`)
        .replaceAll("us-east-1", region);
      deepEqual(statements({ partition, region }), JSON.parse(moved));
      ok(!JSON.stringify(statements({ partition, region })).includes("arn:aws:"));
    });
  }

  it("scopes by cluster, VPC, account and the pods' security group", () => {
    const moved = JSON.stringify(statements())
      .replaceAll('"apps"', '"other"')
      .replaceAll("vpc-1", "vpc-2")
      .replaceAll("111122223333", "444455556666")
      .replaceAll("sg-pods", "sg-other");
    const scope = { clusterName: "other", vpcId: "vpc-2", accountId: "444455556666" };
    deepEqual(statements({ ...scope, podSecurityGroupId: "sg-other" }), JSON.parse(moved));
  });
}
