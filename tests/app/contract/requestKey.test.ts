import { equal, throws } from "node:assert/strict";
import { AmbiguousKeyError } from "../../../app/contract/ambiguousKey.ts";
import type { KeyRoute } from "../../../app/contract/keyRoute.ts";
import { hasKeyInBody, requestKey, type KeyedRequest } from "../../../app/contract/requestKey.ts";

const ROUTES: readonly KeyRoute[] = [
  {
    methods: ["POST"],
    path: "/companies",
    key: { from: "json", field: "number" },
    normalise: "identifier",
  },
  { methods: ["GET", "HEAD"], path: "/companies", key: { from: "path" }, normalise: "identifier" },
  { methods: ["PUT"], path: "/x", key: { from: "header", header: "X-Key" }, normalise: "none" },
  { methods: ["PUT"], path: "/x", key: { from: "cookie", cookie: "doc" }, normalise: "none" },
  { methods: ["DELETE"], path: "/", key: { from: "path" }, normalise: "none" },
];

const ask = (
  method: string,
  url: string,
  headersDistinct: KeyedRequest["headersDistinct"] = {},
): KeyedRequest => ({ method, url, headersDistinct });

const keyOf = (request: KeyedRequest, body?: string | Buffer): string | undefined =>
  requestKey(ROUTES, request, body === undefined ? undefined : Buffer.from(body));

const keyIn = (body: string | Buffer): string | undefined => keyOf(ask("POST", "/companies"), body);

const keyBy = (...lines: string[]): string | undefined =>
  keyOf(ask("PUT", "/x", { cookie: lines }));

/** A value that is nested as deep as this. */
const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

function isAmbiguous(read: () => unknown, what: string): void {
  throws(read, AmbiguousKeyError, what);
}

describe("the key of a request", () => {
  it("is a text field of the JSON body", () => {
    equal(keyIn('{"number":"DE1"}'), "DE1");
    equal(keyIn(' \r\n\t{"a":["number"],"number" :\n"DE1"} '), "DE1");
    equal(keyOf(ask("POST", "/companies?a=/b"), '{"a":[1],"number":"DE1"}'), "DE1");
    equal(keyIn('{"a":{"number":"no"},"b":"{\\"number\\":\\"no\\"","number":"DE1"}'), "DE1");
  });

  it("is undefined if the body has no such text", () => {
    for (const body of [
      '{"number":null}',
      '{"other":"DE1"}',
      "[]",
      "null",
      '"DE1"',
      "{",
      "",
      "7",
    ]) {
      equal(keyIn(body), undefined, body);
    }
    for (const body of [
      '{"number":""}',
      '{"number":" - "}',
      '{"Number":"1"}',
      '[{"number":"1"}]',
    ]) {
      equal(keyIn(body), undefined, body);
    }
    const key = { from: "json", field: "constructor" } as const;
    const inherited = [{ methods: ["POST"], path: "/x", key, normalise: "none" }] as const;
    equal(requestKey(inherited, ask("POST", "/x"), Buffer.from("{}")), undefined);
  });

  it("is ambiguous in a body that routers read differently", () => {
    const bodies = {
      "a byte order mark": '\ufeff{"number":"DE1"}',
      "bytes that are no UTF-8": Buffer.from('{"number":"DE1","a":"\xff"}', "latin1"),
      "two of the name": '{"number":"DE1","number":"DE2"}',
      "two of the name, one escaped": '{"number":"DE1","\\u006eumber":"DE2"}',
      "a name that is escaped": '{"\\u006eumber":"DE1"}',
      "a slash that is escaped": '{"number":"DE\\/1"}',
      "a letter that is escaped and not ASCII": '{"number":"DE\\u00e41"}',
      "a number": '{"number":12}',
      "a truth": '{"number":true}',
      "an array": '{"number":["DE1"]}',
      "an object": '{"number":{"toString":"x"}}',
      "21 levels": `{"a":${nested(20)},"number":"DE1"}`,
      "500 levels after it": `{"number":"DE1","a":${nested(499)}}`,
    };
    for (const [what, body] of Object.entries(bodies)) {
      isAmbiguous(() => keyIn(body), what);
    }
  });

  it("is found beside content that everybody reads alike", () => {
    const bodies = {
      "20 levels": `{"a":${nested(19)},"number":"DE1"}`,
      "two of another name": '{"a":1,"number":"DE1","a":2}',
      "another name that is escaped": '{"\\u0061":"\\/","number":"DE1"}',
      "its name deeper": '{"a":{"number":"DE2"},"number":"DE1"}',
      "escapes of ASCII": '{"number":"\\u0044\\u00451"}',
      "brackets and names in strings": '{"a":"{\\"number\\":[","number":"DE1"}',
    };
    for (const [what, body] of Object.entries(bodies)) {
      equal(keyIn(body), "DE1", what);
    }
    equal(keyIn('{"number":"a\\\\\\"b"}'), 'A\\"B');
    equal(keyIn('{"number":"stra\u00dfe"}'), "STRA\u00dfE");
  });

  it("is the segment after its route's path", () => {
    equal(keyOf(ask("GET", "/companies/DE1")), "DE1");
    equal(keyOf(ask("HEAD", "/companies/DE1?x=1")), "DE1");
    equal(keyOf(ask("GET", "/companies/DE1/history")), "DE1");
    equal(keyOf(ask("GET", "http://a.example:80/companies/DE1?a")), "DE1");
    equal(keyOf(ask("DELETE", "/a.b/c")), "a.b");
  });

  it("is decoded once, with encoded slashes and every other character", () => {
    equal(keyOf(ask("GET", "/companies/DE%2F%311")), "DE/11");
    equal(keyOf(ask("GET", "/c%6Fmpanies/DE1")), "DE1");
    equal(keyOf(ask("DELETE", "/a%2541;b+c%3F%23,&=@%C3%A9")), "a%41;b+c?#,&=@\u00e9");
    equal(keyOf(ask("DELETE", "/../b")), "..");
  });

  it("is ambiguous in a malformed target, or one that cannot be decoded", () => {
    const targets = ["/companies/DE1#a", "/companies?#", "http://a", "http://a?/companies/DE1"];
    const others = ["ftp://a/companies/DE1", "http:///companies/DE1", "*companies/DE1", "*", ""];
    const encoded = ["/companies/%FF", "/companies/%zz", "/companies/D%", "/companies/\xe9"];
    for (const target of [...targets, ...others, ...encoded]) {
      isAmbiguous(() => keyOf(ask("GET", target)), target);
    }
  });

  it("is the same for every spelling of an identifier", () => {
    for (const spelling of ["de-12 3", "DE123", " d e 1-2-3 "]) {
      equal(keyIn(JSON.stringify({ number: spelling })), "DE123");
      equal(keyOf(ask("GET", `/companies/${encodeURIComponent(spelling)}`)), "DE123");
    }
  });

  it("is unchanged without normalisation", () => {
    equal(keyOf(ask("PUT", "/x", { "x-key": ["a-b, C"] })), "a-b, C");
  });

  it("is ambiguous in a header that is sent twice, or is not printable", () => {
    for (const values of [["a", "b"], ["a", "a"], ["", "a"], ["a\tb"], ["\xe9"], ["a\x01"]]) {
      isAmbiguous(() => keyOf(ask("PUT", "/x", { "x-key": values })), String(values));
    }
  });

  it("is a cookie, whatever other cookies there are", () => {
    for (const cookie of [
      "doc=d",
      "a=1; doc=d",
      'a={"b":1,"c":2};\tdoc=d',
      "docs=1;doc=d;;xdoc=2",
    ]) {
      equal(keyBy(cookie), "d", cookie);
    }
    equal(keyBy("a=1; doc=a b-C_=x; b=2"), "a b-C_=x");
    for (const cookie of ["doc=", "doc", "DOC=a", "$doc=a", "a=doc=b", '"doc"=a', "doc%20=a"]) {
      equal(keyBy(cookie), undefined, cookie);
    }
  });

  it("is ambiguous in a cookie that anybody sees twice, or may decode", () => {
    const lines = ["doc=a; doc=b", "doc=a; doc=a", "doc=; doc=a", "a=1,doc=b", "a=1,doc=b; doc=c"];
    const quoted = ['doc="a"', 'a=",b; doc=c', 'a="; doc=a; b="', 'doc="a;b"', 'a="b', 'doc=a"'];
    const values = ["doc=a,b", "doc=%41", "doc=a\\b", "doc= a", "doc=a ; b=c", "doc=\xe9"];
    for (const line of [...lines, ...quoted.filter((each) => each.includes("doc")), ...values]) {
      isAmbiguous(() => keyBy(line), line);
    }
    isAmbiguous(() => keyBy("doc=a", "doc=b"), "two headers");
    isAmbiguous(() => keyBy("doc=a", "b=1"), "two headers, one without it");
    isAmbiguous(() => keyBy('a=",doc=b"'), "after a comma within quotes");
  });

  it("comes from the first route that finds one", () => {
    const cookie = ["a=1; doc=d-2; docs=3"];
    equal(keyOf(ask("PUT", "/x", { "x-key": ["k"], cookie })), "k");
    equal(keyOf(ask("PUT", "/x", { cookie })), "d-2");
    equal(keyOf(ask("PUT", "/x", { "x-key": [""], cookie })), "d-2");
  });

  it("is undefined for other methods, other paths and empty keys", () => {
    const keyless = [
      ask("get", "/companies/DE1"),
      ask("PATCH", "/companies/%zz#"),
      ask("GET", "/companies"),
      ask("GET", "/companies/"),
      ask("GET", "/companies/-%20-"),
      ask("GET", "/companies//DE1"),
      ask("GET", "//companies/DE1"),
      ask("GET", "/companiesX/DE1"),
      ask("GET", "/companies%2FDE1"),
      ask("GET", "/Companies/DE1"),
      ask("GET", "/x/../companies/DE1"),
      ask("GET", "/other?/companies/DE1"),
      ask("PUT", "/x/", { "x-key": ["k"] }),
      ask("DELETE", "/"),
    ];
    for (const each of keyless) {
      equal(keyOf(each), undefined, each.url);
    }
    equal(keyOf(ask("POST", "/companies/"), '{"number":"DE1"}'), undefined);
  });

  it("requires the body only on routes whose key is in it", () => {
    for (const sized of [{ "content-length": ["2"] }, { "transfer-encoding": ["chunked"] }]) {
      equal(hasKeyInBody(ROUTES, ask("POST", "/companies?x", sized)), true);
      equal(hasKeyInBody(ROUTES, ask("POST", "/companies/x", sized)), false);
      equal(hasKeyInBody(ROUTES, ask("GET", "/companies/x", sized)), false);
      equal(hasKeyInBody(ROUTES, ask("PUT", "/x", sized)), false);
    }
    equal(hasKeyInBody(ROUTES, ask("POST", "/companies?x")), false);
  });
});
