import { CATALOGUE } from "../../app/contract/catalogue.ts";
import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { normaliseIdentifier, type KeyRoute } from "../../app/contract/keyRoute.ts";
import { requestKey } from "../../app/contract/requestKey.ts";
import { waitFor } from "../drivers/waitFor.ts";
import { ask, type AskOptions } from "./routerClient.ts";
import { Fleet, withKey, type Router } from "./routers.ts";

/** Characters that router and application read alike, some of them escaped that need not be. */
const identifier = fc.array(
  fc.record({
    character: fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 1 }),
    isEscaped: fc.boolean(),
  }),
  { maxLength: 24 },
);
type Identifier = { character: string; isEscaped: boolean }[];

/** Other members of a body, some of which look like the key. */
const members = fc.dictionary(
  fc.string().filter((name) => name !== "businessNumber"),
  fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.record({ businessNumber: fc.string() }),
    fc.constantFrom('"businessNumber":"no"', '{"businessNumber":"no"}'),
  ),
);

describe("a key router's key", () => {
  let fleet: Fleet;
  let keyOf: (path: string, options?: AskOptions) => Promise<string | undefined>;

  const start = async (
    routes: readonly KeyRoute[] = CATALOGUE.company.routing.keyRoutes,
  ): Promise<Router> => {
    const router = await fleet.route({ routes }, withKey);
    keyOf = async (path, options) => {
      const { headers, status } = await ask(router, path, options);
      equal(status, 200);
      const key = headers["x-key"];
      return key === undefined ? undefined : Buffer.from(String(key), "hex").toString();
    };
    return router;
  };

  beforeEach(async () => {
    fleet = await Fleet.of(1);
  });
  afterEach(() => fleet.stop());

  it("equals the key that the app and the local run read from any JSON body", async () => {
    await start();
    const isSame = fc.asyncProperty(
      identifier,
      members,
      members,
      fc.constantFrom(undefined, 1, "\t"),
      async (written, before, after, space) => {
        const text = textOf(written);
        const marker = "@@the key@@";
        const document = JSON.stringify(
          { ...before, businessNumber: marker, ...withoutIndices(after) },
          undefined,
          space,
        );
        const body = document.replace(JSON.stringify(marker), () => inJson(written));
        deepEqual((JSON.parse(body) as { businessNumber: unknown }).businessNumber, text);
        const key = await keyOf("/companies", { method: "POST", body });
        equal(key ?? "", normaliseIdentifier(text), body);
        const request = { method: "POST", url: "/companies", headersDistinct: {} };
        equal(requestKey(CATALOGUE.company.routing.keyRoutes, request, Buffer.from(body)), key);
      },
    );
    await fc.assert(isSame, { numRuns: 500 });
  });

  it("is missing if the field of a JSON body is not a text", async () => {
    await start();
    const values = ["null", "{}", '{"businessNumber":"A"}', '""', '" - "'];
    const bodies = ["", "[]", '"A"', '["businessNumber","A"]', '{"BusinessNumber":"A"}'];
    for (const body of [...bodies, ...values.map((value) => `{"businessNumber":${value}}`)]) {
      equal(await keyOf("/companies", { method: "POST", body }), undefined, body);
    }
  });

  it("is rejected if it is ambiguous, before a replica gets the request", async () => {
    const route = { path: "/a", normalise: "none" } as const;
    const router = await start([
      { ...route, key: { from: "json", field: "room" } },
      { ...route, key: { from: "header", header: "X-Room" } },
      { ...route, key: { from: "cookie", cookie: "room" } },
      { ...route, key: { from: "query", parameter: "room" } },
      { ...route, path: "/rooms", key: { from: "path" } },
    ]);
    const values = ["12", "-0.5", "1e400", "true", "false", '"a\\/b"', '"\\u0141"', '"\\u00e4"'];
    const bodies = [
      "\ufeff{}",
      ...values.map((value) => `{"room":${value}}`),
      '{"r\\u006fom":"a"}',
    ];
    const headers: Record<string, string>[] = [
      { "X-Room": "\xe9" },
      ...["room=a; room=b", 'room="a"', "room=%41", "a=1,room=b", 'a="; room=b; "'].map(
        (Cookie) => ({ Cookie }),
      ),
    ];
    const paths = ["/a?room=a&room=b", "/a?ro%6Fm=a", "/a?room=a;b", "/a?room=%zz", "/a?room=%FF"];
    const requests: [string, AskOptions][] = [
      ...bodies.map((body): [string, AskOptions] => ["/a", { method: "POST", body }]),
      ...headers.map((each): [string, AskOptions] => ["/a", { headers: each }]),
      ...[...paths, "/rooms/%FF", "/rooms/%zz"].map((path): [string, AskOptions] => [path, {}]),
    ];
    requests.push(["ftp://a/rooms/b", { headers: { Host: "a" } }]);
    for (const [path, asked] of requests) {
      const { body, status } = await ask(router, path, asked);
      deepEqual(
        [status, body.includes("the key of the request is ambiguous")],
        [400, true],
        path + JSON.stringify(asked),
      );
    }
    deepEqual(fleet.requests(), []);
  });

  it("comes from a parameter of the query, which is not logged", async () => {
    const key = { from: "query", parameter: "room" } as const;
    const router = await start([{ path: "/v1/*", key, normalise: "identifier" }]);
    equal(await keyOf("/v1/a?next=/x?room=no&room=se-cret+%C3%A9%2B"), "SECRETé+");
    equal(await keyOf("/v1/a/b?room=1", { method: "PURGE" }), "1");
    for (const path of [
      "/v1?room=1",
      "/v1/?rooms=1",
      "/v1%2Fa?room=1",
      "/v1/?room=",
      "/v1/?room",
    ]) {
      equal(await keyOf(path), undefined, path);
    }
    await waitFor("all is logged", () => router.out().split('"path"').length === 8);
    equal(/room|cret/i.test(router.out()), false);
  });

  it("is missing in a request without a body, which is forwarded at once, if the key is in the body", async () => {
    await start([{ path: "/*", key: { from: "json", field: "room" }, normalise: "none" }]);
    for (const method of ["GET", "HEAD", "OPTIONS", "DELETE", "POST"]) {
      equal(await keyOf("/a", { method, isUnfinished: method === "GET" }), undefined, method);
    }
    equal(await keyOf("/a", { method: "PATCH", body: '{"room":"a"}' }), "a");
  });

  it("comes from a header or a cookie, by the first of several routes that finds one", async () => {
    const route = { methods: ["GET"], path: "/a", normalise: "none" } as const;
    await start([
      { ...route, key: { from: "header", header: "X-Document" } },
      { ...route, key: { from: "cookie", cookie: "document" }, normalise: "identifier" },
    ]);
    const both = { Cookie: "other=1; document=Co ok-ie; x=y", "X-Document": "Head, er" };
    equal(await keyOf("/a", { headers: both }), "Head, er");
    equal(await keyOf("/a", { headers: { ...both, "X-Document": "" } }), "COOKIE");
    equal(await keyOf("/a", { headers: { Cookie: "document=" } }), undefined);
    equal(await keyOf("/a/", { headers: both }), undefined);
    equal(await keyOf("/a", { headers: both, method: "POST" }), undefined);
  });

  it("comes unchanged from a path under the root if it is not normalised", async () => {
    await start([{ methods: ["GET"], path: "/", key: { from: "path" }, normalise: "none" }]);
    equal(await keyOf("/a%20b-c/d"), "a b-c");
    equal(await keyOf("/"), undefined);
  });
});

/** Names such as 7, which JavaScript puts in front, would come before the key. */
function withoutIndices(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([name]) => !/^\d+$/.test(name)));
}

function textOf(written: Identifier): string {
  return written.map(({ character }) => character).join("");
}

function inJson(written: Identifier): string {
  const characters = written.map(({ character, isEscaped }) =>
    isEscaped ? `\\u00${hex(character)}` : JSON.stringify(character).slice(1, -1),
  );
  return `"${characters.join("")}"`;
}

/** In upper case for some, in lower case for others. */
function hex(character: string): string {
  const digits = character.charCodeAt(0).toString(16).padStart(2, "0");
  return character < "a" ? digits.toUpperCase() : digits;
}
