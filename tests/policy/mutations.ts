import { deepEqual } from "node:assert/strict";
import { Pack, type Violation } from "./pack.ts";
import { Plan, planOf } from "./plan.ts";

/** One thing that is changed in a stack without faults, and what the policies then say. */
export interface Mutation {
  title: string;
  stack: "dev" | "staging" | "prod";
  change: (plan: Plan) => void;
  expected: Violation[];
}

/** Tests that each change, and nothing else, is found. */
export function itFinds(mutations: readonly Mutation[]): void {
  const plans = new Map<string, Plan>();
  let pack: Pack;

  before(async () => {
    pack = await Pack.ofProcess();
    for (const stack of new Set(mutations.map((each) => each.stack))) {
      plans.set(stack, await planOf(stack));
    }
  });

  for (const { change, expected, stack, title } of mutations) {
    it(title, async () => {
      const plan = new Plan(plans.get(stack)?.resources ?? []);
      change(plan);
      deepEqual(inOrder(await pack.violations(plan)), inOrder(expected));
    });
  }
}

/** Pulumi sends resources in no order. */
function inOrder(violations: readonly Violation[]): Violation[] {
  const key = ({ of, policy, says }: Violation): string => [policy, of, says].join(" ");
  return violations.toSorted((one, other) => key(one).localeCompare(key(other)));
}
