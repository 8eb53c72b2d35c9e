import { z } from "zod";
import { listed, shown } from "./shown.ts";

/** A fault in what a person has set: every message names what, got, allowed and a value that works. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(listed(faults));
    this.faults = faults;
  }
}

/** Rules by setting; each describes in words what it allows and gives an example. */
export type Rules = Record<string, z.ZodType>;

/** The typed values that a set of rules yields. */
export type Values<R extends Rules> = { [Name in keyof R]: z.output<R[Name]> };

/** A number, or digits as a flag or an environment variable has them, from `min` to `max`. */
export function numberFrom(min: number, max: number, example: number) {
  const number = z.number().min(min).max(max);
  return fromDigits(/^\d+(\.\d+)?$/, number, `a number from ${min} to ${max}`, example);
}

/** A whole number from `min` to `max`. */
export function wholeNumberFrom(min: number, max: number, example: number) {
  const whole = z.number().int().min(min).max(max);
  return fromDigits(/^\d+$/, whole, `a whole number from ${min} to ${max}`, example);
}

/** A boolean, or one of the words for it. */
export const flag = z
  .union([z.boolean(), z.stringbool({ truthy: ["true"], falsy: ["false"] })])
  .meta({ description: "true or false", example: true });

/** One of the given words. */
export function oneOf<const Word extends string>(words: readonly [Word, ...Word[]]) {
  return z.enum(words).meta({ description: words.join(" or "), example: words[0] });
}

/** Text that matches `pattern`, which `allowed` tells in words. */
export function textLike(pattern: RegExp, allowed: string, example: string) {
  return z.string().regex(pattern).meta({ description: allowed, example });
}

/**
 * Checks every value by its rule.
 *
 * @param nameOf how a person writes the setting, such as `--drain` or `DRAIN_SECONDS`
 * @returns the values that are right, and what is wrong with the others
 */
export function checkSettings<R extends Rules>(
  rules: R,
  raw: Readonly<Record<string, unknown>>,
  nameOf: (setting: string) => string = (setting) => setting,
): { values: Partial<Values<R>>; faults: string[] } {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [setting, rule] of Object.entries(rules)) {
    const result = rule.safeParse(raw[setting]);
    if (result.success) {
      values[setting] = result.data;
    } else {
      faults.push(faultOf(nameOf(setting), raw[setting], rule));
    }
  }
  return { values: values as Partial<Values<R>>, faults };
}

/**
 * Checks every value by its rule.
 *
 * @throws SettingsError naming every fault at once
 */
export function parseSettings<R extends Rules>(
  rules: R,
  raw: Readonly<Record<string, unknown>>,
  nameOf?: (setting: string) => string,
): Values<R> {
  const { values, faults } = checkSettings(rules, raw, nameOf);
  if (faults.length > 0) {
    throw new SettingsError(faults);
  }
  return values as Values<R>;
}

function faultOf(name: string, got: unknown, rule: z.ZodType): string {
  const described =
    rule instanceof z.ZodDefault || rule instanceof z.ZodOptional
      ? (rule.unwrap() as z.ZodType)
      : rule;
  const { description, example, isSecret } = described.meta() ?? {};
  const value = isSecret === true ? "set, but not shown for it is a secret" : shown(got);
  const is = got === undefined ? "is not set" : `is ${value}`;
  return `${name} ${is}: allowed is ${description}; for example ${String(example)}`;
}

function fromDigits(digits: RegExp, number: z.ZodNumber, description: string, example: number) {
  const text = z.string().regex(digits).transform(Number);
  return z.union([z.number(), text]).pipe(number).meta({ description, example });
}
