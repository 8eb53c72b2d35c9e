import { equal, throws } from "node:assert/strict";
import { AmbiguousKeyError } from "../../../app/contract/ambiguousKey.ts";
import type { KeyRoute } from "../../../app/contract/keyRoute.ts";
import { requestKey, type KeyedRequest } from "../../../app/contract/requestKey.ts";

const asked = (
  method: string,
  url: string,
  headersDistinct: KeyedRequest["headersDistinct"] = {},
): KeyedRequest => ({ method, url, headersDistinct });

const BY_PARAMETER: KeyRoute = {
  path: "/q",
  key: { from: "query", parameter: "doc" },
  normalise: "none",
};

const keyIn = (url: string): string | undefined => requestKey([BY_PARAMETER], asked("GET", url));
const keyAsked = (query: string): string | undefined => keyIn(`/q${query}`);

function isAmbiguous(read: () => unknown, what: string): void {
  throws(read, AmbiguousKeyError, what);
}

describe("the key of a request", () => {
  it("is a parameter of the query, decoded as in a form", () => {
    for (const query of [
      "?doc=d",
      "?a=1&doc=d&docs=2",
      "?&a=/x?b&doc=d&&",
      "?doc=%64",
      "?xdoc=1&doc=d",
    ]) {
      equal(keyAsked(query), "d", query);
    }
    for (const [query, key] of [
      ["?doc=a+b%20c%2Bd", "a b c+d"],
      ["?doc=a=b?c/d", "a=b?c/d"],
      ["?doc=%2541%26%3B", "%41&;"],
      ["?doc=%C3%A9%F0%9F%98%80", "\u00e9\u{1f600}"],
      ["?next=%2Fx%3Fdoc%3Da%26doc%3Db&doc=c", "c"],
      ["?next=/x?doc=a&doc=c", "c"],
    ] as const) {
      equal(keyAsked(query), key, query);
    }
    for (const query of [
      "",
      "?",
      "?doc",
      "?doc=",
      "?DOC=a",
      "?doc[]=a",
      "?a=doc=b",
      "?docs=a",
      "??doc=a",
    ]) {
      equal(keyAsked(query), undefined, query);
    }
    equal(keyIn("http://a.example/q?doc=d"), "d");
  });

  it("is ambiguous in a parameter that anybody sees twice, names or ends otherwise, or cannot decode", () => {
    const twice = [
      "?doc=a&doc=b",
      "?doc=a&doc=a",
      "?doc=a&x=1&doc",
      "?doc&doc=a",
      "?doc=a&%64oc=b",
    ];
    const semicolons = [
      "?a=1;doc=b",
      "?doc=a;b",
      "?doc=a;doc=b",
      "?doc;x",
      "?doc=a&x=;doc=b",
      "?a;%64oc=b",
    ];
    const named = ["?%64oc=a", "?do%63=a", "?a=1&%64%6F%63=a", "?%64oc"];
    const values = ["?doc=%", "?doc=a%4", "?doc=%zz&a=1", "?doc=%FF", "?doc=%ED%A0%80"];
    for (const query of [...twice, ...semicolons, ...named, ...values]) {
      isAmbiguous(() => keyAsked(query), query);
    }
    for (const query of [
      "?a=%zz&doc=d",
      "?a=1;b&doc=d",
      "?docs=1&docs=2&doc=d",
      "?%64ocs=1&doc=d",
    ]) {
      equal(keyAsked(query), "d", query);
    }
  });

  it("is found by any method on a route that names none", () => {
    const key = { from: "header", header: "X-Key" } as const;
    const anyMethod: KeyRoute[] = [{ path: "/x", key, normalise: "none" }];
    for (const method of ["GET", "OPTIONS", "PROPFIND", "get"]) {
      equal(requestKey(anyMethod, asked(method, "/x", { "x-key": ["k"] })), "k", method);
    }
  });

  it("is found on all paths below a path that ends with /*", () => {
    const keyAt = (path: string, url: string): string | undefined => {
      const key = { from: "header", header: "X-Key" } as const;
      return requestKey([{ path, key, normalise: "none" }], asked("GET", url, { "x-key": ["k"] }));
    };
    for (const url of [
      "/a/b/c",
      "/a/b/",
      "/a/b//",
      "/a/b/c/d?e",
      "/%61/b/c%2Fd",
      "http://h/a/b/c",
    ]) {
      equal(keyAt("/a/b/*", url), "k", url);
    }
    for (const url of ["/a/b", "/a", "/a/bc/d", "/a%2Fb/c", "/a/b%2Fc", "/A/b/c", "/", "//a/b/c"]) {
      equal(keyAt("/a/b/*", url), undefined, url);
    }
    for (const url of ["/", "/a", "//", "/a/b?c", "http://h/"]) {
      equal(keyAt("/*", url), "k", url);
    }
  });
});
