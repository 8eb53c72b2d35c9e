import type { VerifyOptions } from "./options.ts";
import type { Break, Report } from "./report.ts";
import { mayMove } from "./units.ts";

/** Number of breaks that a report lists. */
export const FIRST_BREAKS = 10;

/** The breaks of a run: how many of each kind, and the first that count. */
export class Breaks {
  readonly counts: Report["breaks"] = noBreaks();
  readonly first: Break[] = [];
  readonly #options: VerifyOptions;

  constructor(options: VerifyOptions) {
    this.#options = options;
  }

  add(each: Break): void {
    this.counts[each.kind] += 1;
    const counts = each.kind === "unanswered" || !mayMove(this.#options, each.seconds);
    if (counts && this.first.length < FIRST_BREAKS) {
      this.first.push(each);
    }
  }
}

export function noBreaks(): Report["breaks"] {
  return { "unknown session": 0, "foreign replica": 0, closed: 0, unanswered: 0 };
}

/** Number of breaks of all kinds. */
export function totalOf(breaks: Report["breaks"]): number {
  return Object.values(breaks).reduce((sum, each) => sum + each, 0);
}
