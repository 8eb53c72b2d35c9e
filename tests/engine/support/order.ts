import { ok } from "node:assert/strict";
import type { Cloud, Operation } from "../providers/cloud.ts";

/** What was made, changed or deleted, in order; not what was refused. */
export function done(cloud: Cloud, op: Operation["op"]): Operation[] {
  return cloud.operations.filter((each) => each.op === op && each.refusal === undefined);
}

/** What is deleted after what, of all that a stack has. */
const DELETED_IN_ORDER: readonly (readonly string[])[] = [
  ["Deployment", "StatefulSet"],
  ["load balancer"],
  ["Release"],
  ["Addon"],
  ["Cluster"],
  ["Route", "RouteTableAssociation", "VpcEndpoint", "SubnetGroup"],
  ["Subnet"],
  ["Vpc"],
];

/** Each group is gone before the first of the next one goes, so that nothing is left that nobody could delete. */
export function assertDeletedInOrder(operations: readonly Operation[]): void {
  const deleted = operations.filter(({ op, refusal }) => op === "delete" && refusal === undefined);
  const kinds = deleted.map(kindOf);
  let before = -1;
  for (const group of DELETED_IN_ORDER) {
    const places = kinds.flatMap((kind, place) => (group.includes(kind) ? [place] : []));
    ok(places.length > 0, `no ${group.join(" or ")} was deleted`);
    const first = Math.min(...places);
    ok(first > before, `${kinds[first] ?? ""} ${deleted[first]?.name ?? ""} went too early`);
    before = Math.max(...places);
  }
}

function kindOf({ type, inputs }: Operation): string {
  const kind = type.split(":").at(-1) ?? "";
  const isBalancer = (inputs.spec as { type?: string } | undefined)?.type === "LoadBalancer";
  return isBalancer || kind === "Ingress" ? "load balancer" : kind;
}
