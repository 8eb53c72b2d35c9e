import type { VerifyOptions } from "../options.ts";
import type { TallyOptions } from "../tally.ts";
import { calmFrom } from "../units.ts";
import type { MakeVisit } from "./visit.ts";
import { createVisitors } from "./visitors.ts";
import { VisitSubject } from "./visitSubject.ts";

/** Creates the visits of as many clients, or about as many keys, as there are sessions. */
export function createVisitSubjects(
  makeVisit: MakeVisit,
  options: VerifyOptions,
  common: Omit<TallyOptions, "session">,
): VisitSubject[] {
  return createVisitors(options).map(
    (visitor) =>
      new VisitSubject({
        ...common,
        ...visitor,
        makeVisit,
        mustName: options.replica.from !== "none",
        calmFrom: calmFrom(options.duration),
      }),
  );
}
