import { shown } from "./shown.ts";

/** Characters of what was got that the answer to a request shows. */
const LONGEST = 60;

/** Characters that cannot be seen, or that would change how the words around them are read. */
const UNSEEN = /[[\p{C}\p{Z}\p{DI}]--\x20]/gv;

/**
 * The one message for whatever is wrong with a value of a request.
 *
 * @param wrong a character that is wrong wherever it stands: the first one is named
 */
export function faultOf(name: string, allowed: string, example: string, wrong?: RegExp) {
  return {
    abort: true,
    error: ({ input }: { input?: unknown }) => {
      const got = input === undefined || input === null ? "missing" : seen(shown(input, LONGEST));
      const but = wrongIn(input, wrong);
      return `${name} is ${got}: allowed is ${allowed}${but}; for example ${example}`;
    },
  };
}

/** An empty parameter is none. */
export function orNone(text: unknown): unknown {
  return text === "" ? undefined : text;
}

/** Without characters that people would not see, or not where they are. */
function seen(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u{${hexOf(character)}}`);
}

/** Names a character: by its number where people would not see it, or could take it for another one. */
function wrongIn(input: unknown, wrong: RegExp | undefined): string {
  const character = typeof input === "string" ? wrong?.exec(input)?.[0] : undefined;
  if (character === undefined) {
    return "";
  }
  const number = `U+${hexOf(character).toUpperCase().padStart(4, "0")}`;
  if (seen(character) !== character) {
    return `, but not ${number}`;
  }
  return `, but not "${character}"${character > "~" ? ` (${number})` : ""}`;
}

function hexOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16);
}
