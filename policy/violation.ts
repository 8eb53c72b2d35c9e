import { shown as shownAsJson } from "../app/common/shown.ts";
import { UnknownValueError, type ReportViolation } from "@pulumi/policy";

/** A value that AWS or Kubernetes give only when the stack is made. */
export const UNKNOWN = Symbol("known only after pulumi up");

/** What is demanded of a value. */
export interface Demand<Value> {
  /** What it is, for the person who reads of it. */
  what: string;
  value: () => Value;
  holds: (value: Value) => boolean;
  allowed: string;
  /** What to do about it. */
  fix: string;
}

/** Reads a value; a program whose inputs are plain values has it even in the first preview. */
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

/** Reports a value that is not as demanded, and one that is still unknown: nobody could say that it is right. */
export function demand<Value>(
  report: ReportViolation,
  demanded: Demand<Value>,
  urn?: string,
): void {
  const { allowed, fix, holds, what } = demanded;
  const got = known(demanded.value);
  if (got === UNKNOWN || !holds(got)) {
    report(`${what} is ${shown(got)}: allowed is ${allowed}; ${fix}`, urn);
  }
}

/** A value as a violation shows it. */
export function shown(value: unknown): string {
  if (value === UNKNOWN) {
    return "known only after pulumi up";
  }
  return value === undefined ? "not set" : shownAsJson(value);
}
