import { cut, listed, shown } from "./shown.ts";

/** Stands for a value that must not be shown. */
export const SECRET = Symbol("secret");

/** What is wrong with something that a person has set. {@link sentenceOf} makes text of it. */
export interface Fault {
  /** Its name for that person, such as `--drain`, `DRAIN_SECONDS` or `sockjs-sticky:zones`. */
  name: string;
  /** Its value, or {@link SECRET}. @default - it is not set */
  got?: unknown;
  /** A predicate, if the value alone is not the problem, such as `is in use by process 4711`. @default - `is` and the value */
  problem?: string;
  /** Completes "it must be". */
  mustBe: string;
  /** A value that works. @default - none is shown */
  example?: string | undefined;
  /** What to do, as an imperative. @default - obvious from the rest */
  fix?: string | undefined;
}

/** One sentence that says what is wrong. */
export function sentenceOf({ name, got, problem, mustBe, example, fix }: Fault): string {
  const is = problem ?? predicateOf(got);
  const eg = example === undefined ? "" : ` (for example ${example})`;
  return `${cut(name)} ${is}; it must be ${mustBe}${eg}${fix === undefined ? "" : `; ${fix}`}`;
}

/** One line for each fault. */
export function sentencesOf(faults: readonly Fault[]): string {
  return listed(faults.map(sentenceOf));
}

/** Prefixes the names of faults with what they are part of, such as `workloads[0].`. */
export function within(whole: string, faults: readonly Fault[]): Fault[] {
  return faults.map((fault) => ({ ...fault, name: `${whole}${fault.name}` }));
}

/** The fault of something that is set and is not a setting. */
export function unknownFault(name: string, known: readonly string[]): Fault {
  return { name, problem: "is not a setting", mustBe: `one of ${known.join(", ")}` };
}

/** Describes a whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): string {
  return `a whole number from ${min}${max === Infinity ? "" : ` to ${max}`}`;
}

/** What is wrong with a number that must be a whole number from `min` to `max`. */
export function wholeNumberFault(
  name: string,
  got: number,
  min: number,
  max = Infinity,
): Fault | undefined {
  return Number.isInteger(got) && got >= min && got <= max
    ? undefined
    : { name, got, mustBe: wholeNumber(min, max), example: String(min) };
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
