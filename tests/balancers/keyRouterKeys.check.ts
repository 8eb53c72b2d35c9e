import { CATALOGUE } from "../../app/contract/catalogue.ts";
import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { normaliseIdentifier, type KeyRoute } from "../../app/contract/keyRoute.ts";
import { requestKey } from "../../app/contract/requestKey.ts";
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

  it("is missing if the field of a JSON body is not a text that HAProxy can read", async () => {
    await start();
    const values = ["null", "{}", '{"businessNumber":"A"}', '""', '" - "', '"A\\/B"', '"\\u0141"'];
    for (const value of values) {
      const body = `{"businessNumber":${value}}`;
      equal(await keyOf("/companies", { method: "POST", body }), undefined, value);
    }
    for (const body of ["", "[]", '"A"', '["businessNumber","A"]', '{"BusinessNumber":"A"}']) {
      equal(await keyOf("/companies", { method: "POST", body }), undefined, body);
    }
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
