import { equal } from "node:assert/strict";
import { replicaIn, replicaPlaceOf, type Response } from "../../verify/replicaPlace.ts";

const RESPONSE: Response = {
  headers: { "x-served-by": "app-1", "set-cookie": ["a=1; Path=/", "SERVERID=s2; HttpOnly"] },
  cookie: "SERVERID=s1; route=r1",
  text: '{"server":{"name":"app-2","number":7},"pods":["app-3"],"ok":true}',
};

function nameBy(place: string, response: Partial<Response> = {}): string | undefined {
  const parsed = replicaPlaceOf(place);
  return parsed && replicaIn(parsed, { ...RESPONSE, ...response });
}

describe("the name of a replica", () => {
  const names: [string, string | undefined][] = [
    ["header:X-Served-By", "app-1"],
    ["header:X-Replica", ""],
    ["json:server.name", "app-2"],
    ["json:server.number", "7"],
    ["json:pods.0", "app-3"],
    ["json:server", ""],
    ["json:ok", ""],
    ["json:server.constructor.name", ""],
    ["body:app-\\d", "app-2"],
    ['body:pods":\\["([^"]+)', "app-3"],
    ["body:nowhere", ""],
    ["cookie:SERVERID", "s2"],
    ["cookie:route", "r1"],
    ["cookie:none", ""],
    ["none", ""],
    ["header:", undefined],
    ["header:a b", undefined],
    ["body:(", undefined],
    ["json:", undefined],
    ["none:a", undefined],
    ["X-Replica", undefined],
  ];
  for (const [place, name] of names) {
    it(`is ${JSON.stringify(name)} by ${place}`, () => {
      equal(nameBy(place), name);
    });
  }

  it("is empty where a text is no JSON", () => {
    equal(nameBy("json:server.name", { text: "<html>" }), "");
    equal(nameBy("json:server.name", { text: "null" }), "");
  });

  it("is short, and has no control characters, which a terminal would obey", () => {
    equal(nameBy("body:.*", { text: `\u001b[31mred${"x".repeat(1000)}` })?.slice(0, 8), "?[31mred");
    equal(nameBy("body:.*", { text: "x".repeat(1000) })?.length, 100);
  });

  it("is empty where a text makes the expression slow", () => {
    // It would be found after some seconds.
    equal(nameBy("body:(a+)+$|!", { text: `${"a".repeat(28)}!` }), "");
    equal(nameBy("body:(a+)+$|!", { text: "aaa" }), "aaa");
  });
});
