import { createContext, Script } from "node:vm";
import { Cookie } from "tough-cookie";

/** Maximum characters of a text that are searched for a name; more is not read. */
export const MAX_TEXT = 64 * 1024;

/** Maximum characters of a name. */
const MAX_NAME = 100;

/** Milliseconds that a regular expression may take for a text, which a server could make very slow. */
const MATCH_MS = 20;

const MATCH = new Script("pattern.exec(text)");
const matching = createContext({});

/** Where responses name the replica that answered. */
export interface ReplicaPlace {
  from: "header" | "json" | "body" | "cookie" | "none";
  /** The header or cookie, the path of a JSON member, or a regular expression; empty for none. */
  what: string;
}

/** What a server sent. */
export interface Response {
  headers: NodeJS.Dict<string | string[]>;
  /** The value of the header `Cookie` that was sent to it. */
  cookie: string;
  /** A response body, the first message of a WebSocket, or the data of the first event. */
  text: string;
}

/** What may follow each kind of place. */
const IS_WHAT: Record<ReplicaPlace["from"], (what: string) => boolean> = {
  header: (name) => /^[\w!#$%&'*+.^`|~-]+$/.test(name),
  cookie: (name) => /^[^=;\s]+$/.test(name),
  json: (path) => path !== "",
  body: (pattern) => pattern !== "" && isPattern(pattern),
  none: (nothing) => nothing === "",
};

/** The place that a text describes: `header:NAME`, `json:PATH`, `body:REGEX`, `cookie:NAME` or `none`; undefined for another text. */
export function replicaPlaceOf(text: string): ReplicaPlace | undefined {
  const [, from = "", , what = ""] = /^([a-z]+)(:(.*))?$/s.exec(text) ?? [];
  return isFrom(from) && IS_WHAT[from](what) ? { from, what } : undefined;
}

function isFrom(text: string): text is ReplicaPlace["from"] {
  return Object.hasOwn(IS_WHAT, text);
}

export function textOf({ from, what }: ReplicaPlace): string {
  return from === "none" ? from : `${from}:${what}`;
}

/** Whether names are in a text, which must be read. */
export function isInText({ from }: ReplicaPlace): boolean {
  return from === "json" || from === "body";
}

/** The replica that a response names; empty if it names none. Terminals must not obey a name, so control characters are replaced. */
export function replicaIn({ from, what }: ReplicaPlace, response: Response): string {
  const finders = { header: headerIn, json: memberIn, body: matchIn, cookie: cookieIn, none: no };
  return finders[from](what, response).slice(0, MAX_NAME).replace(/\p{C}/gu, "?");
}

function headerIn(name: string, { headers }: Response): string {
  const header = name.toLowerCase();
  return Object.hasOwn(headers, header) ? (headers[header]?.toString() ?? "") : "";
}

/** The text or number at a path such as `server.name` or `pods.0`. */
function memberIn(path: string, { text }: Response): string {
  try {
    const member = path
      .split(".")
      .reduce<unknown>(
        (value, name) =>
          typeof value === "object" && value !== null && Object.hasOwn(value, name)
            ? (value as Record<string, unknown>)[name]
            : undefined,
        JSON.parse(text),
      );
    return typeof member === "string" || typeof member === "number" ? String(member) : "";
  } catch {
    return "";
  }
}

/** The first group of a match, or else the whole match. A search that takes too long finds nothing. */
function matchIn(pattern: string, { text }: Response): string {
  Object.assign(matching, { pattern: new RegExp(pattern), text: text.slice(0, MAX_TEXT) });
  try {
    const match = MATCH.runInContext(matching, { timeout: MATCH_MS }) as RegExpExecArray | null;
    return match?.[1] ?? match?.[0] ?? "";
  } catch {
    return "";
  }
}

/** The value that the client has after the response. */
function cookieIn(name: string, { cookie, headers }: Response): string {
  const set = [headers["set-cookie"] ?? []].flat();
  const sent = cookie.split("; ");
  const cookies = [...set.toReversed(), ...sent].map((each) => Cookie.parse(each));
  return cookies.find((each) => each?.key === name)?.value ?? "";
}

function no(): string {
  return "";
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text).source !== "";
  } catch {
    return false;
  }
}
