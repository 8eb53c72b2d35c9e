import { z } from "zod";
import { SECRET, sentencesOf, wholeNumber, type Fault } from "./fault.ts";

/** Everything that is wrong with what a person has set. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly faults: readonly Fault[];

  constructor(...faults: readonly Fault[]) {
    super(sentencesOf(faults));
    this.faults = faults;
  }
}

/** Rules by setting. Each has a description of what it allows, and an example. */
export type Rules = Record<string, z.ZodType>;

/** The typed values that a set of rules yields. */
export type Values<R extends Rules> = { [Name in keyof R]: z.output<R[Name]> };

/** Valid values; or those that are right, and the faults of the others. */
export type Checked<V> =
  | { isRight: true; values: V; faults: readonly [] }
  | { isRight: false; values: Partial<V>; faults: readonly Fault[] };

/** A number from `min` to `max`, or its digits, as in a flag or an environment variable. */
export function numberFrom(min: number, max: number, example: number) {
  const number = z.number().min(min).max(max);
  return fromDigits(/^\d+(\.\d+)?$/, number, `a number from ${min} to ${max}`, example);
}

/** A whole number from `min` to `max`. */
export function wholeNumberFrom(min: number, max: number, example: number) {
  const whole = z.number().int().min(min).max(max);
  return fromDigits(/^\d+$/, whole, wholeNumber(min, max), example);
}

/** A boolean, or `true` or `false` as text. */
export const flag = z
  .union([z.boolean(), z.stringbool({ truthy: ["true"], falsy: ["false"] })])
  .meta({ description: "true or false", example: true });

/** One of the given words. */
export function oneOf<const Word extends string>(words: readonly [Word, ...Word[]]) {
  return z.enum(words).meta({ description: words.join(" or "), example: words[0] });
}

/** Text that matches `pattern`, which `allowed` describes. */
export function textLike(pattern: RegExp, allowed: string, example: string) {
  return z.string().regex(pattern).meta({ description: allowed, example });
}

/**
 * Checks every value by its rule.
 *
 * @param nameOf how a person writes the setting, such as `--drain` or `DRAIN_SECONDS`
 */
export function checkSettings<R extends Rules>(
  rules: R,
  raw: Readonly<Record<string, unknown>>,
  nameOf: (setting: string) => string = (setting) => setting,
): Checked<Values<R>> {
  const faults: Fault[] = [];
  const values: Record<string, unknown> = {};
  for (const [setting, rule] of Object.entries(rules)) {
    const result = rule.safeParse(raw[setting]);
    if (result.success) {
      values[setting] = result.data;
    } else {
      faults.push(ruleFault(nameOf(setting), raw[setting], rule));
    }
  }
  return faults.length === 0
    ? { isRight: true, values: values as Values<R>, faults: [] }
    : { isRight: false, values: values as Partial<Values<R>>, faults };
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
  const checked = checkSettings(rules, raw, nameOf);
  if (!checked.isRight) {
    throw new SettingsError(...checked.faults);
  }
  return checked.values;
}

/** A rule's description of what it allows, and its example. */
export function describedBy(rule: z.ZodType): z.GlobalMeta {
  const described =
    rule instanceof z.ZodDefault || rule instanceof z.ZodOptional
      ? (rule.unwrap() as z.ZodType)
      : rule;
  return described.meta() ?? {};
}

function ruleFault(name: string, got: unknown, rule: z.ZodType): Fault {
  const { description = "", example, isSecret } = describedBy(rule);
  const isHidden = isSecret === true && got !== undefined;
  return {
    name,
    got: isHidden ? SECRET : got,
    mustBe: description,
    example: String(example),
  };
}

function fromDigits(digits: RegExp, number: z.ZodNumber, description: string, example: number) {
  const text = z.string().regex(digits).transform(Number);
  return z.union([z.number(), text]).pipe(number).meta({ description, example });
}
