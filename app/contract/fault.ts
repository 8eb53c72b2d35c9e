import { cut, listed, shown } from "./shown.ts";

/** Stands for a value that nobody may see. */
export const SECRET = Symbol("secret");

/** What is wrong with something that a person has set. */
export interface Fault {
  /** What is wrong, as the person writes it, such as `--drain`, `DRAIN_SECONDS` or `sockjs-sticky:zones`. */
  name: string;
  /** The value that it has; {@link SECRET} for one that is not shown. @default - it is not set */
  got?: unknown;
  /** A predicate for what the value alone does not show, such as `is in use by process 4711`. @default - `is` and the value */
  problem?: string;
  /** Completes "it must be". */
  mustBe: string;
  /** A value that works. @default - none is shown */
  example?: string | undefined;
  /** What to do, as an imperative. @default - follows from the rest */
  fix?: string | undefined;
}

/** The one sentence for what is wrong. */
export function sentenceOf({ name, got, problem, mustBe, example, fix }: Fault): string {
  const is = problem ?? predicateOf(got);
  const eg = example === undefined ? "" : ` (for example ${example})`;
  return `${cut(name)} ${is}; it must be ${mustBe}${eg}${fix === undefined ? "" : `; ${fix}`}`;
}

/** All that is wrong, a line each. */
export function sentencesOf(faults: readonly Fault[]): string {
  return listed(faults.map(sentenceOf));
}

/** Faults of what is part of something else, such as of `workloads[0]`. */
export function within(whole: string, faults: readonly Fault[]): Fault[] {
  return faults.map((fault) => ({ ...fault, name: `${whole}${fault.name}` }));
}

/** The fault of something that is set and that is not a setting. */
export function unknownFault(name: string, known: readonly string[]): Fault {
  return { name, problem: "is not a setting", mustBe: `one of ${known.join(", ")}` };
}

function predicateOf(got: unknown): string {
  switch (got) {
    case undefined:
      return "is not set";
    case SECRET:
      return "is set (secret, not shown)";
    default:
      return `is ${shown(got)}`;
  }
}
