import type { Verdict } from "./report.ts";

/** Exit statuses of verdicts. */
export const EXIT: Record<Verdict, number> = {
  sticky: 0,
  "not sticky": 1,
  inconclusive: 4,
  "cannot be judged": 5,
};

export const EXIT_USAGE = 2;
export const EXIT_UNREACHABLE = 3;
export const EXIT_INTERNAL = 70;
export const EXIT_INTERRUPTED = 130;
