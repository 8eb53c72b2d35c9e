/**
 * Characters that a line of text must not contain: control characters, lone surrogates, line separators, and those that
 * set the writing direction of all that follows. The marks U+200E, U+200F and U+061C are allowed: they affect only
 * their neighbours, and text that mixes Hebrew or Arabic with Latin needs them
 * (https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters).
 */
export const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

/**
 * A character with a glyph of its own. Excluded are default-ignorable characters, such as joiners, fillers, tags and
 * variation selectors, which may stand between others, and two symbols that are blank by design
 * (https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point).
 */
const GLYPH = /[[\p{L}\p{N}\p{P}\p{S}]--[\p{DI}\u{2800}\u{1D159}]]/v;

/** Whether a text has at least one visible character. */
export function isVisible(text: string): boolean {
  return GLYPH.test(text);
}
