import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Properties } from "../mocks/account.ts";
import { Pack, type Violation } from "./pack.ts";
import { Plan, UNKNOWN, type Planned } from "./plan.ts";

/** The one form of all faults, see `sentenceOf`. */
const SENTENCE = /^.+; it must be .+$/s;

/** Resources that are no stack of the program, and what one policy says of them. */
export interface Case {
  title: string;
  /** Types and inputs; unknown ids of security groups are those of the last one. */
  resources: readonly (readonly [type: string, inputs: Properties])[];
  /** How each violation begins; none where nothing is wrong. */
  expected: readonly string[];
}

/** One resource, with the violations of it. */
export function of(
  title: string,
  type: string,
  inputs: Properties,
  ...expected: readonly string[]
): Case {
  return { title, resources: [[type, inputs]], expected };
}

/** Gives the pack to each test of a suite. */
export function packOfSuite(start = (): Promise<Pack> => Pack.ofProcess()): () => Pack {
  let pack: Pack | undefined;
  before(async () => {
    pack = await start();
  });
  return () => {
    ok(pack !== undefined);
    return pack;
  };
}

/** Tests what one policy finds in resources, whatever the others say of them. */
export function itJudges(pack: () => Pack, policy: string, cases: readonly Case[]): void {
  for (const { expected, resources, title } of cases) {
    it(title, async () => {
      const found = (await pack().violations(planOf(resources))).filter(
        (violation: Violation) => violation.policy === policy,
      );
      const said = found.map(({ says }) => says);
      equal(said.length, expected.length, said.join("\n"));
      said.forEach((each) => match(each, SENTENCE));
      for (const start of expected) {
        ok(
          said.some((each) => each.startsWith(start)),
          said.join("\n"),
        );
      }
      const advice = await pack().advice(planOf(resources));
      deepEqual(
        advice.filter((each) => each.policy === policy),
        [],
      );
    });
  }
}

/** Resources by themselves, named by their place. */
function planOf(resources: Case["resources"]): Plan {
  const planned = resources.map(([type, inputs], index): Planned => {
    const name = index === 0 ? "one" : `other${index}`;
    const urn = `urn:pulumi:dev::sockjs-sticky::${type}::${name}`;
    return { urn, type, name, inputs, parent: "", dependencies: [], provider: "" };
  });
  const last = planned.at(-1)?.urn ?? "";
  return new Plan(
    planned.map((each) =>
      each.inputs.securityGroupId === UNKNOWN
        ? { ...each, dependencies: [last], propertyDependencies: { securityGroupId: [last] } }
        : each,
    ),
  );
}
