import { AmbiguousKeyError } from "./ambiguousKey.ts";

/** Levels of nesting that HAProxy reads, see MJSON_MAX_DEPTH in its include/import/mjson.h. */
const MAX_DEPTH = 20;

/** Matches brackets and strings in JSON text, and a name together with its value if that is a string. */
const PARTS =
  /[[\]{}]|(?<name>"(?:[^"\\]|\\.)*")\s*:\s*(?<value>"(?:[^"\\]|\\.)*")?|"(?:[^"\\]|\\.)*"/g;

/** Matches a JSON string all of whose escapes HAProxy decodes to the same text: not `\/`, and `\u` only for ASCII. */
const READABLE = /^(?:[^\\]|\\u00[0-7].|\\[^/u])*$/;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The key in a member of a JSON object. HAProxy compares names byte by byte, takes the first of two, and finds nothing
 * behind a byte order mark or too many levels; JavaScript decodes names, takes the last of two, and finds everything.
 *
 * @returns undefined if the body is not JSON, or has no such member, or null in it
 * @throws AmbiguousKeyError
 */
export function jsonKey(body: Buffer, field: string): string | undefined {
  const text = decoded(body);
  const json = parsed(text);
  const member = json === undefined ? undefined : memberOf(text, field);
  const value = member && (json as Record<string, unknown>)[field];
  if (member === undefined || value === null) {
    return undefined;
  }
  if (typeof value !== "string") {
    throw new AmbiguousKeyError(`${field} must be a string`);
  }
  if (member.name.includes("\\") || !READABLE.test(member.value)) {
    throw new AmbiguousKeyError(
      `${field} must be written without escapes that routers do not decode`,
    );
  }
  return value;
}

/**
 * The member of a name in the outermost object: the name, and the value if that is a string, as they are written.
 *
 * @param text must be JSON
 * @throws AmbiguousKeyError
 */
function memberOf(text: string, name: string): { name: string; value: string } | undefined {
  let member: { name: string; value: string } | undefined;
  let level = 0;
  for (const { 0: part, groups } of text.matchAll(PARTS)) {
    if (part === "{" || part === "[") {
      level += 1;
    } else if (part === "}" || part === "]") {
      level -= 1;
    } else if (level === 1 && groups?.name !== undefined && JSON.parse(groups.name) === name) {
      if (member !== undefined) {
        throw new AmbiguousKeyError(`the body must have one member ${name}, not more`);
      }
      member = { name: groups.name, value: groups.value ?? "" };
    }
    if (level > MAX_DEPTH) {
      throw new AmbiguousKeyError(`the body must have at most ${MAX_DEPTH} levels of nesting`);
    }
  }
  return member;
}

/** @throws AmbiguousKeyError */
function decoded(body: Buffer): string {
  try {
    const text = utf8.decode(body);
    if (!text.startsWith("\ufeff")) {
      return text;
    }
  } catch {
    throw new AmbiguousKeyError("the body must be UTF-8");
  }
  throw new AmbiguousKeyError("the body must begin without a byte order mark");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
