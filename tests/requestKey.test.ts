import { equal } from "node:assert/strict";
import type { KeyRoute } from "../app/common/keyRoute.ts";
import { cookieOf, hasKeyInBody, requestKey, type KeyedRequest } from "../app/common/requestKey.ts";

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
];

const ask = (method: string, url: string, headers: KeyedRequest["headers"] = {}): KeyedRequest => ({
  method,
  url,
  headers,
});

const keyOf = (request: KeyedRequest, body?: string): string | undefined =>
  requestKey(ROUTES, request, body === undefined ? undefined : Buffer.from(body));

describe("the key of a request", () => {
  it("is a text field of the JSON body", () => {
    equal(keyOf(ask("POST", "/companies"), '{"number":"DE1"}'), "DE1");
    equal(keyOf(ask("POST", "/companies?a=/b"), '{"a":[1],"number":"DE1"}'), "DE1");
  });

  it("is none where the body has no such text", () => {
    for (const body of ['{"number":1}', '{"other":"DE1"}', "[]", "null", '"DE1"', "{", ""]) {
      equal(keyOf(ask("POST", "/companies"), body), undefined, body);
    }
    equal(keyOf(ask("POST", "/companies"), '{"number":{"toString":"x"}}'), undefined);
    const key = { from: "json", field: "constructor" } as const;
    const inherited = [{ methods: ["POST"], path: "/x", key, normalise: "none" }] as const;
    equal(requestKey(inherited, ask("POST", "/x"), Buffer.from("{}")), undefined);
  });

  it("is the segment after the path of its route", () => {
    equal(keyOf(ask("GET", "/companies/DE1")), "DE1");
    equal(keyOf(ask("HEAD", "/companies/DE1?x=1")), "DE1");
    equal(keyOf(ask("GET", "/companies/DE1/history")), "DE1");
  });

  it("is decoded, and its slashes are part of it", () => {
    equal(keyOf(ask("GET", "/companies/DE%2F%311")), "DE/11");
    equal(keyOf(ask("GET", "/c%6Fmpanies/DE1")), "DE1");
  });

  it("is the same for every spelling of an identifier", () => {
    for (const spelling of ["de-12 3", "DE123", " d e 1-2-3 "]) {
      equal(keyOf(ask("POST", "/companies"), JSON.stringify({ number: spelling })), "DE123");
      equal(keyOf(ask("GET", `/companies/${encodeURIComponent(spelling)}`)), "DE123");
    }
  });

  it("is as it was sent where nothing is to be normalised", () => {
    equal(keyOf(ask("PUT", "/x", { "x-key": "a-b C" })), "a-b C");
  });

  it("comes from the first route that finds one", () => {
    const cookie = "a=1; doc=d-2; docs=3";
    equal(keyOf(ask("PUT", "/x", { "x-key": "k", cookie })), "k");
    equal(keyOf(ask("PUT", "/x", { cookie })), "d-2");
    equal(keyOf(ask("PUT", "/x", { "x-key": "", cookie })), "d-2");
  });

  it("is none for other methods, other paths, and what is empty or cannot be decoded", () => {
    const strangers = [
      ask("DELETE", "/companies/DE1"),
      ask("GET", "/companies"),
      ask("GET", "/companies/"),
      ask("GET", "/companies/-%20-"),
      ask("GET", "/companies//DE1"),
      ask("GET", "/companiesX/DE1"),
      ask("GET", "/Companies/DE1"),
      ask("GET", "/companies/%FF"),
      ask("GET", "/other?/companies/DE1"),
      ask("PUT", "/x/", { "x-key": "k" }),
    ];
    for (const stranger of strangers) {
      equal(keyOf(stranger), undefined, stranger.url);
    }
    equal(keyOf(ask("POST", "/companies/"), '{"number":"DE1"}'), undefined);
  });

  it("needs the body only on routes that have it there", () => {
    equal(hasKeyInBody(ROUTES, ask("POST", "/companies?x")), true);
    equal(hasKeyInBody(ROUTES, ask("POST", "/companies/x")), false);
    equal(hasKeyInBody(ROUTES, ask("GET", "/companies/x")), false);
    equal(hasKeyInBody(ROUTES, ask("PUT", "/x")), false);
  });
});

describe("a cookie of a request", () => {
  it("is found by its whole name, with all that follows the first equals sign", () => {
    equal(cookieOf({ cookie: "ab=1;a=2=3; b=4" }, "a"), "2=3");
    equal(cookieOf({ cookie: "ab=1" }, "a"), undefined);
    equal(cookieOf({}, "a"), undefined);
  });
});
