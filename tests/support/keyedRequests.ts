import fc from "fast-check";
import { normaliseIdentifier, type KeyRoute } from "../../app/contract/keyRoute.ts";

/** A request as a client writes it, on a connection of its own. */
export interface WrittenRequest {
  /** A character is a byte. */
  bytes: string;
  /** Its key, where nobody can read it in another way; odd requests have none. */
  plainKey?: string;
}

type Text = fc.Arbitrary<string>;

/** Members, headers and parts of targets that a request has beside its key. */
const OTHERS = ["a", "name", "__proto", "Room", "room2", "xroom", "room.x"];

/** Some of many, most of them the first. */
function mostly<T>(first: T, ...others: readonly T[]): fc.Arbitrary<T> {
  const rare = { weight: 1, arbitrary: fc.constantFrom(...others) };
  return fc.oneof({ weight: 4, arbitrary: fc.constant(first) }, rare);
}

/** Identifiers, as people write them. */
export const IDENTIFIERS = ["AB12", "HRB 123-45", "x9", "z-z", "kE 7"].flatMap((start) =>
  ["", "1", "b", "-2", " C"].map((end) => start + end),
);
const identifier = fc.constantFrom(...IDENTIFIERS);

/** What else stands where a key is expected. */
const anyText = fc.oneof(
  { weight: 4, arbitrary: identifier },
  fc.string({ unit: "grapheme-ascii", maxLength: 10 }),
  fc.string({ unit: "binary", maxLength: 4 }),
  fc.constantFrom("", " ", "-", "é", "ß", "ı", "😀", "\0", "a\0b", "a\tb", "a\nb", "\x7f"),
  fc.constantFrom("a/b", "a\\b", 'a"b', "a;b", "a,b", "a+b", "%41", "..", "a#b", "\ufeffa"),
);

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

const inUtf8 = (text: string): string => Buffer.from(text).toString("latin1");

/** Requests by a route: plain ones, and such as its readers may take for others. */
export function requestsOf(route: KeyRoute): fc.Arbitrary<WrittenRequest> {
  const odd = oddRequestsOf(route).map((bytes) => ({ bytes }));
  return fc.oneof({ weight: 1, arbitrary: plainRequestsOf(route) }, { weight: 4, arbitrary: odd });
}

/** Requests by a route that nobody can read in two ways. */
export function plainRequestsOf(route: KeyRoute): fc.Arbitrary<WrittenRequest> {
  return fc.tuple(fc.constantFrom(...route.methods), identifier).map(([method, text]) => ({
    bytes: plainRequest(route, method, text),
    plainKey: route.normalise === "identifier" ? normaliseIdentifier(text) : text,
  }));
}

function plainRequest({ key, path }: KeyRoute, method: string, text: string): string {
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
function startOf({ key, methods, path }: KeyRoute): fc.Arbitrary<Start> {
  const first = path.at(1) ?? "";
  const encoded = path.replace(first, `%${first.charCodeAt(0).toString(16)}`);
  const folder = mostly(path, encoded, `${path}/`, `/${path}`, path.toUpperCase(), `${path}%2F`);
  const rest = key.from === "path" ? pathRest : mostly("", "/", "?q=1", "?a=/x", "#f", ";a", "%20");
  const target = fc.tuple(targetStart, folder, rest).map((parts) => parts.join(""));
  return fc
    .tuple(
      fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...methods) },
        fc.constantFrom("get", "PUT"),
      ),
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

/** A text as JSON, some of its characters escaped that need not be. */
function inJson(text: Text): Text {
  const escaped = (character: string): string =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  const ways: ((json: string) => string)[] = [
    (json) => json.replace(/^"(\w)/, (_, first: string) => `"${escaped(first)}`),
    (json) => json.replaceAll(/[^\\"\w ]/g, escaped),
    (json) => json.replaceAll("/", "\\/"),
  ];
  const asItIs = (json: string): string => json;
  return fc.tuple(text, mostly(asItIs, ...ways)).map(([each, way]) => way(JSON.stringify(each)));
}

/** The bytes of a body that says a field in JSON, or nearly so. */
function jsonBody(field: string): Text {
  const nested = fc
    .constantFrom(2, 18, 19, 20, 500)
    .map((depth) => `${"[".repeat(depth)}${"]".repeat(depth)}`);
  const value = fc.oneof(
    { weight: 5, arbitrary: inJson(anyText) },
    fc.constantFrom("12", "1234567", "1e3", "-0.5", "true", "false", "null", "[]", '["A"]', "{}"),
    fc.constantFrom(JSON.stringify({ [field]: "A" }), `[{"${field}":"A"}]`, '"\\ud800"', "01"),
    nested,
  );
  const name = inJson(
    fc.oneof({ weight: 2, arbitrary: fc.constant(field) }, fc.constantFrom(...OTHERS)),
  );
  const colon = mostly(":", " : ", "\n:\t");
  const member = (names: Text): Text =>
    fc.tuple(names, colon, value).map((parts) => parts.join(""));
  const others = fc.array(member(inJson(fc.constantFrom(...OTHERS))), { maxLength: 2 });
  const more = fc.oneof({ weight: 3, arbitrary: others }, fc.array(member(name), { maxLength: 2 }));
  const members = fc
    .tuple(
      fc.constant(['"legalName":"A"']),
      others,
      member(inJson(fc.constant(field))).map((each) => [each]),
      more,
    )
    .map((parts) => `{${parts.flat().join(",")}}`);
  const odd = fc
    .tuple(
      mostly("", "\ufeff", " \t\r\n", "\v", "\u00a0", "["),
      members,
      mostly("", " ", "x", "\0", "]"),
      mostly<BufferEncoding>("utf8", "latin1", "utf16le"),
    )
    .map(([before, json, after, encoding]) =>
      Buffer.from(before + json + after, encoding).toString("latin1"),
    );
  const noUtf8 = fc.constant(`{"legalName":"A","${field}":"\xe9"}`);
  return fc.oneof({ weight: 9, arbitrary: odd }, noUtf8);
}

interface FramedBody {
  lines: string[];
  bytes: string;
}

const chunk = (piece: string): string => `${piece.length.toString(16)};a=b\r\n${piece}\r\n`;

/** A body with the headers that say how long it is, and what. */
function framedBody(body: Text): fc.Arbitrary<FramedBody> {
  const type = mostly(
    "application/json",
    ...["application/json; charset=utf-16", "APPLICATION/JSON", "text/plain"],
  );
  const framing = mostly("length", "chunks", "chunks with trailers", "expected");
  return fc.tuple(body, type, framing).map(([bytes, media, how]) => {
    const lines = [`Content-Type: ${media}`];
    if (how.startsWith("chunks")) {
      const trailers = how.endsWith("trailers")
        ? "X-Room: trailer\r\nCookie: room=trailer\r\n"
        : "";
      return {
        lines: [...lines, "Transfer-Encoding: chunked"],
        bytes: `${bytes.replaceAll(/[^]{1,9}/g, chunk)}0\r\n${trailers}\r\n`,
      };
    }
    const expected = how === "expected" ? ["Expect: 100-continue"] : [];
    return { lines: [...lines, `Content-Length: ${bytes.length}`, ...expected], bytes };
  });
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
