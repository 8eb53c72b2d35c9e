/** Characters that XML 1.0 forbids, even as references: controls, halves of surrogate pairs, U+FFFE and U+FFFF. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

/** Text for HTML and XML, in elements and in attributes. Servers that are not trusted have written parts of it. */
export function escaped(text: string): string {
  return text
    .replace(FORBIDDEN, "\u{FFFD}")
    .replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
