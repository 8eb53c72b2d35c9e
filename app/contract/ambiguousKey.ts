/** Rejects a request in which a router may find another key than the app does; it is answered with 400. */
export class AmbiguousKeyError extends Error {
  override readonly name = "AmbiguousKeyError";
}

// The patterns below find ambiguous text. HAProxy has the same ones in its configuration, so they are in the syntax that
// JavaScript and PCRE share. A character is a byte.

/** Matches a target that is a path, or an http URL with a path (RFC 9112, 3.2). */
export const READABLE_TARGET = "^([hH][tT][tT][pP][sS]?://[^/?]+)?/";

/** Matches a header's value that has other than printable ASCII characters. */
export const ODD_HEADER = "[^ -~]";

/** Matches `Cookie` if some parsers find a cookie in it twice, or only after a comma, or change its value. */
export function oddCookie(name: string): string {
  const start = `[ \\t]*${name}[ \\t]*=`;
  const oddValue = '[^;]*["%,\\\\]|[^;]*[^ -~;]| |[^;]* (?:;|$)';
  return `,${start}|(?:^|;)${start}(?:.*;${start}|${oddValue})`;
}

/** Matches a query if some parsers find a parameter in it twice, or decode its name, or end its value at `;`, or fail. */
export function oddParameter(name: string): string {
  const anyName = `${anyEncoding(name, "%")}(?=[=&;]|$)`;
  const oddValue = "(?:=[^&;]*)?;|=[^&;]*%(?![0-9A-Fa-f]{2})";
  const second = `(?=[=&]|$).*[&;]${anyName}`;
  return `;${anyName}|(?:^|&)(?:(?!${name})${anyName}|${name}(?:${oddValue}|${second}))`;
}

/** Matches a name of ASCII characters, each as it is or as a prefix with two hexadecimal digits. */
export function anyEncoding(name: string, prefix: string): string {
  return name.replaceAll(/[^]/g, (character) => {
    const hex = character.charCodeAt(0).toString(16);
    const digits = hex.replace(/[a-f]/, (digit) => `[${digit}${digit.toUpperCase()}]`);
    return `(?:${character}|${prefix}${digits})`;
  });
}
