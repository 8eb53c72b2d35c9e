import fc from "fast-check";
import { normaliseIdentifier, type KeyRoute } from "../../app/contract/keyRoute.ts";
import { framedBody, jsonBody } from "./keyedBodies.ts";
import { anyText, identifier, inUtf8, mostly, type Text } from "./keyedTexts.ts";

/** A request as a client writes it, on a connection of its own. */
export interface WrittenRequest {
  /** A character is a byte. */
  bytes: string;
  /** Its key, where nobody can read it in another way; odd requests have none. */
  plainKey?: string;
}

/** A request of a method and a target, with lines of headers and with a body. */
function written(
  [method, target]: readonly [string, string],
  lines: readonly string[],
  body = "",
  version = "1.1",
): string {
  const head = [`${method} ${target} HTTP/${version}`, ...lines, "Connection: close", "", ""];
  return head.join("\r\n") + body;
}

/** Requests by a route: plain ones, and such as its readers may take for others. */
export function requestsOf(route: KeyRoute): fc.Arbitrary<WrittenRequest> {
  const odd = oddRequestsOf(route).map((bytes) => ({ bytes }));
  return fc.oneof({ weight: 1, arbitrary: plainRequestsOf(route) }, { weight: 4, arbitrary: odd });
}

/** Requests by a route that nobody can read in two ways. */
export function plainRequestsOf(route: KeyRoute): fc.Arbitrary<WrittenRequest> {
  return fc.tuple(methodOf(route), identifier).map(([method, text]) => ({
    bytes: plainRequest(route, method, text),
    plainKey: route.normalise === "identifier" ? normaliseIdentifier(text) : text,
  }));
}

/** A method of a route, with a body if the key is in it. */
function methodOf({ key, methods }: KeyRoute): fc.Arbitrary<string> {
  const withBody = ["POST", "PATCH", "REPORT"];
  const any = key.from === "json" ? withBody : ["GET", "OPTIONS", ...withBody];
  return fc.constantFrom<string>(...(methods ?? any));
}

function plainRequest(route: KeyRoute, method: string, text: string): string {
  const { key } = route;
  const path = route.path.replace("*", "a/b");
  switch (key.from) {
    case "json": {
      const body = JSON.stringify({ legalName: "A", [key.field]: text });
      const length = `Content-Length: ${Buffer.byteLength(body)}`;
      return written([method, path], ["Host: a", "Content-Type: application/json", length], body);
    }
    case "header":
      return written([method, path], ["Host: a", `${key.header}: ${text}`]);
    case "cookie":
      return written([method, path], ["Host: a", `Cookie: a=1; ${key.cookie}=${text}`]);
    case "query": {
      // As a form is sent: with + for spaces.
      const query = new URLSearchParams({ a: "1", [key.parameter]: text });
      return written([method, `${path}?${query}`], ["Host: a"]);
    }
    case "path":
      return written([method, `${path}/${encodeURIComponent(text)}`], ["Host: a"]);
  }
}

function oddRequestsOf(route: KeyRoute): Text {
  const { key } = route;
  const start = startOf(route);
  switch (key.from) {
    case "json":
      return fc
        .tuple(start, framedBody(jsonBody(key.field)))
        .map(([line, { lines, bytes }]) => written(line.place, [...line.hosts, ...lines], bytes));
    case "header":
      return withLines(start, fc.array(headerLine(key.header), { minLength: 1, maxLength: 3 }));
    case "cookie":
      return withLines(start, fc.array(cookieLine(key.cookie), { minLength: 1, maxLength: 2 }));
    case "query":
    case "path":
      return withLines(start, fc.constant([]));
  }
}

interface Start {
  place: [method: string, target: string];
  hosts: string[];
  version: string;
}

function withLines(start: fc.Arbitrary<Start>, lines: fc.Arbitrary<string[]>) {
  return fc
    .tuple(start, lines)
    .map(([line, more]) => written(line.place, [...line.hosts, ...more], "", line.version));
}

/** Methods, targets and versions; in its path the key where it belongs there. */
function startOf(route: KeyRoute): fc.Arbitrary<Start> {
  const { key } = route;
  const isBelow = route.path.endsWith("/*");
  const path = isBelow ? route.path.slice(0, -2) : route.path;
  const first = path.at(1) ?? "";
  const encoded = path.replace(first, `%${first.charCodeAt(0).toString(16)}`);
  const folder = mostly(path, encoded, `${path}/`, `/${path}`, path.toUpperCase(), `${path}%2F`);
  const rest =
    key.from === "path" ? pathRest : isBelow ? below : mostly("", "/", "#f", ";a", "%20");
  const query = key.from === "query" ? queryOf(key.parameter) : mostly("", "?q=1", "?a=/x", "?");
  const target = fc.tuple(targetStart, folder, rest, query).map((parts) => parts.join(""));
  return fc
    .tuple(
      fc.oneof({ weight: 9, arbitrary: methodOf(route) }, fc.constantFrom("get", "PUT")),
      target,
      mostly(["Host: a"], [], ["host:a"], ["Host: a", "Forwarded: host=b"]),
      mostly("1.1", "1.0"),
    )
    .map(([method, whole, hosts, version]) => ({
      place: [method, inUtf8(whole)],
      hosts: [...hosts],
      version,
    }));
}

const targetStart = mostly(
  "",
  ...["http://a", "HTTPS://a", "http://u@a", "http://a:80", "http://", "http:", "ftp://a"],
  ...["http://a?x=", "http://a#", "http://a/..", "*", "x", "/", "/.", "//a", "\\"],
);

/** A segment and what comes after it. */
const pathRest: Text = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: anyText.map((text) => encodeURIComponent(text.toWellFormed())) },
      fc.constantFrom("%41", "%2F", "%2f", "%25", "%2541", "%00", "%0a", "%FF", "%zz", "%", "%4"),
      fc.constantFrom("+", ";", "a;b=c", "#", "#/x", "?", "?a=/b", ",", ":", "@", "'", '"', "|"),
      fc.constantFrom("..", ".", "/", "//", "/..", "\\", "é", "\t", " ", "\x7f", "%C3%A9", "%2E"),
    ),
    { maxLength: 4 },
  )
  .map((pieces) => `/${pieces.join("")}`);

/** What may come after a path below which a route applies. */
const below = mostly("/x", "", "/", "//", "/x/y", "%2Fx", "/%2F", "/..", "/%zz", "/%FF", "/*", "*");

/** A query, a parameter of which may be the key. */
function queryOf(parameter: string): Text {
  const [first = "", ...rest] = parameter;
  const hex = first.charCodeAt(0).toString(16);
  const [upper, lower] = [`%${hex.toUpperCase()}`, `%${hex}`].map((start) => start + rest.join(""));
  const name = mostly(
    parameter,
    ...[upper ?? "", lower ?? "", `%25${hex}${rest.join("")}`, parameter.toUpperCase()],
    ...["a", "", "next", `x${parameter}`, `${parameter}2`, `${parameter}[]`, `${parameter}%20`],
    ...[`+${parameter}`, `${parameter}+`, `a;${parameter}`, `a?${parameter}`, `?${parameter}`],
  );
  const value = fc.oneof(
    { weight: 3, arbitrary: identifier.map(encodeURIComponent) },
    anyText.map((text) => encodeURIComponent(text.toWellFormed())),
    anyText.map((text) => inUtf8(text.replaceAll(/[\r\n]/g, ""))),
    fc.constantFrom(
      "a+b",
      "a%2Bb",
      "a;b",
      "a?b",
      "a=b",
      "a/b",
      "%2541",
      "%00",
      "%0a",
      "%26",
      "%3B",
    ),
    fc.constantFrom(
      "%FF",
      "%C3",
      "%ED%A0%80",
      "%F0%9F%98%80",
      "%",
      "%4",
      "%zz",
      "a%",
      "=",
      "'",
      '"',
    ),
    fc.constantFrom(
      `/x?${parameter}=A`,
      `%26${parameter}=A`,
      `;${parameter}=A`,
      `\\1`,
      "$",
      "|",
      "#",
    ),
  );
  const pair = fc.tuple(name, mostly("=", "", "==", "%3D"), value).map((parts) => parts.join(""));
  return fc
    .tuple(
      mostly("?", "??", "?&"),
      fc.array(fc.tuple(pair, mostly("&", ";", "&&", "?")), { minLength: 1, maxLength: 3 }),
    )
    .map(([start, pairs]) => start + pairs.flat().slice(0, -1).join(""));
}

/** A line of a header whose value may be a key. */
function headerLine(header: string): Text {
  const name = mostly(header, header.toUpperCase(), header.toLowerCase(), header.replace("-", "_"));
  const value = fc.oneof(
    { weight: 3, arbitrary: anyText.map((text) => inUtf8(text.replaceAll(/[\r\n]/g, ""))) },
    fc.constantFrom("A\r\n B", "A, B", " \t A \t ", "A\x01B", "\xe9", '"A"', "A\tB", "\x0bA"),
  );
  return fc.tuple(name, value).map(([each, text]) => `${each}: ${text}`);
}

/** A line of cookies, one of which may be the key. */
function cookieLine(cookie: string): Text {
  const name = mostly(cookie, ...["a", `x${cookie}`, cookie.toUpperCase(), `$${cookie}`, ""]);
  const value = fc.oneof(
    { weight: 3, arbitrary: identifier },
    anyText.map((text) => inUtf8(text.replaceAll(/[\r\n]/g, ""))),
    fc.constantFrom('"A"', '"', '"A;B"', "A,B", "A B", "%41", "%", "", "A=B", "\\", 'A"', "\xe9"),
    fc.constantFrom(`b,${cookie}=A`, `"b,${cookie}=A"`, `"; ${cookie}=A; b="`, `b; ${cookie}`),
  );
  const pair = fc.tuple(name, mostly("=", " = ", "==", ""), value).map((parts) => parts.join(""));
  return fc
    .array(fc.tuple(pair, mostly("; ", ";", ",", ", ", ";;")), { minLength: 1, maxLength: 3 })
    .map((pairs) => `Cookie: ${pairs.flat().slice(0, -1).join("")}`);
}
