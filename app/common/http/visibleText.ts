/**
 * What a line of text cannot have: control characters, halves of characters, ends of lines, and what sets the direction
 * of writing for all that follows. The marks U+200E, U+200F and U+061C only help what stands beside them, as people who
 * mix Hebrew or Arabic with Latin need it (https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters).
 */
export const BARRED = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

/**
 * A character with a glyph of its own. Without one are those that Unicode has fonts ignore, such as joiners, fillers,
 * tags and variation selectors, which may stand between others, and two symbols that are blank by design
 * (https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point).
 */
const GLYPH = /[[\p{L}\p{N}\p{P}\p{S}]--[\p{DI}\u{2800}\u{1D159}]]/v;

/** Whether people see anything of a text. */
export function isVisible(text: string): boolean {
  return GLYPH.test(text);
}
