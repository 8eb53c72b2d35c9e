import fc from "fast-check";

export type Text = fc.Arbitrary<string>;

/** Some of many, most of them the first. */
export function mostly<T>(first: T, ...others: readonly T[]): fc.Arbitrary<T> {
  const rare = { weight: 1, arbitrary: fc.constantFrom(...others) };
  return fc.oneof({ weight: 4, arbitrary: fc.constant(first) }, rare);
}

/** Identifiers, as people write them. */
export const IDENTIFIERS = ["AB12", "HRB 123-45", "x9", "z-z", "kE 7"].flatMap((start) =>
  ["", "1", "b", "-2", " C"].map((end) => start + end),
);
export const identifier = fc.constantFrom(...IDENTIFIERS);

/** What else stands where a key is expected. */
export const anyText = fc.oneof(
  { weight: 4, arbitrary: identifier },
  fc.string({ unit: "grapheme-ascii", maxLength: 10 }),
  fc.string({ unit: "binary", maxLength: 4 }),
  fc.constantFrom("", " ", "-", "é", "ß", "ı", "😀", "\0", "a\0b", "a\tb", "a\nb", "\x7f"),
  fc.constantFrom("a/b", "a\\b", 'a"b', "a;b", "a,b", "a+b", "%41", "..", "a#b", "\ufeffa"),
);

/** The bytes of a text, a character each. */
export const inUtf8 = (text: string): string => Buffer.from(text).toString("latin1");
