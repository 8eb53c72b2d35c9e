import fc from "fast-check";
import { anyText, mostly, type Text } from "./keyedTexts.ts";

/** Members, headers and parts of targets that a request has beside its key. */
const OTHERS = ["a", "name", "__proto", "Room", "room2", "xroom", "room.x"];

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
export function jsonBody(field: string): Text {
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
export function framedBody(body: Text): fc.Arbitrary<FramedBody> {
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
