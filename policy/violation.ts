import { sentenceOf, type Fault } from "../app/contract/fault.ts";
import { shown as shownAsJson } from "../app/contract/shown.ts";
import { UnknownValueError, type ReportViolation } from "@pulumi/policy";

/** Stands for a value that is known only after the update. */
export const UNKNOWN = Symbol("known only after pulumi up");

/** A requirement on a value, with its name for people. */
export interface Demand<Value> extends Required<Pick<Fault, "name" | "mustBe" | "fix">> {
  value: () => Value;
  holds: (value: Value) => boolean;
}

/** Reads a value that may be unknown. */
export function known<Value>(read: () => Value): Value | typeof UNKNOWN {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnknownValueError) {
      return UNKNOWN;
    }
    throw error;
  }
}

/** Reports a value that does not meet a requirement; an unknown one does not. */
export function demand<Value>(
  report: ReportViolation,
  demanded: Demand<Value>,
  urn?: string,
): void {
  const { name, holds, mustBe, fix } = demanded;
  const got = known(demanded.value);
  if (got === UNKNOWN || !holds(got)) {
    reportFault(report, { name, problem: `is ${shown(got)}`, mustBe, fix }, urn);
  }
}

/** Reports a fault as a violation. */
export function reportFault(report: ReportViolation, fault: Fault, urn?: string): void {
  report(sentenceOf(fault), urn);
}

/** A value as a violation shows it. */
function shown(value: unknown): string {
  if (value === UNKNOWN) {
    return "known only after pulumi up";
  }
  return value === undefined ? "not set" : shownAsJson(value);
}
