import type { Fault } from "../app/contract/fault.ts";
import { cut } from "../app/contract/shown.ts";
import { causeOf } from "./causes.ts";
import { Failure } from "./failure.ts";
import type { VerifyOptions } from "./options.ts";
import { textOf } from "./replicaPlace.ts";

/** Why nothing can be verified at a URL. */
export interface Obstacle {
  /** Whether the server responds, but neither its responses nor its protocol show which replica answered. */
  isUnnamed: boolean;
  fault: Fault;
}

/** The obstacle of a URL whose responses do not name the replica, although they must. */
export function unnamed({ replica, url }: VerifyOptions, details: string): Obstacle {
  return {
    isUnnamed: true,
    fault: {
      name: url,
      problem: `does not name its replica by ${textOf(replica)}${details}`,
      mustBe: "a URL whose responses name the replica",
      fix: "pass --replica if they do it elsewhere (for example --replica json:replica)",
    },
  };
}

/** The obstacle of a URL at which no server of the kind responds. */
export function unreached({ kind, url }: VerifyOptions, error: unknown): Obstacle {
  const mustBe = `the URL of a server of kind ${kind}`;
  const fix = error instanceof Failure ? error.fix : undefined;
  return { isUnnamed: false, fault: { name: url, problem: unreachable(error), mustBe, fix } };
}

/** The problem of a URL that does not respond as it must. */
export function unreachable(error: unknown): string {
  return `is not reachable (${cut(causeOf(error))})`;
}
