import { CATALOGUE } from "../../../app/contract/catalogue.ts";
import { deepEqual, equal, match } from "node:assert/strict";
import { sentenceOf } from "../../../app/contract/fault.ts";
import type { KeyRoute } from "../../../app/contract/keyRoute.ts";
import { routeFaults as faultsOf } from "../../../components/front/keyRouteFaults.ts";

const ROUTE: KeyRoute = {
  methods: ["GET"],
  path: "/rooms",
  key: { from: "path" },
  normalise: "identifier",
};

const routeFaults = (routes: readonly KeyRoute[]): string[] => faultsOf(routes).map(sentenceOf);

describe("faults of key routes", () => {
  it("are none for the company registry's routes and for any that HAProxy can read", () => {
    deepEqual(routeFaults(CATALOGUE.company.routing.keyRoutes), []);
    deepEqual(
      routeFaults([
        { ...ROUTE, path: "/" },
        { ...ROUTE, path: "/v1/some.things~_-/" },
        { ...ROUTE, methods: ["GET", "DELETE"], key: { from: "json", field: "room_number-1" } },
        { ...ROUTE, methods: undefined, key: { from: "json", field: "room" } },
        {
          ...ROUTE,
          methods: undefined,
          path: "/*",
          key: { from: "query", parameter: "room_id-1" },
        },
        { ...ROUTE, path: "/v1/rooms/*", key: { from: "header", header: "X-Room" } },
        { ...ROUTE, key: { from: "header", header: "X-Room" } },
        { ...ROUTE, key: { from: "header", header: "X-Host-Te" } },
        { ...ROUTE, key: { from: "cookie", cookie: "room-sticky" } },
      ]),
      [],
    );
  });

  it("report a missing route and a missing method", () => {
    deepEqual(routeFaults([]), [
      "routes is []; it must be at least one route, because no request has a key without one",
    ]);
    deepEqual(routeFaults([ROUTE, { ...ROUTE, methods: [] }]), [
      "routes[1].methods is []; it must be at least one method (for example [GET])",
    ]);
  });

  it("report a key in the body of requests without one", () => {
    for (const methods of [[], ["GET"], ["HEAD", "GET"]] as const) {
      deepEqual(routeFaults([{ ...ROUTE, methods, key: { from: "json", field: "room" } }]), [
        `routes[0].methods is ${JSON.stringify(methods)}; it must be methods with a body (for example [POST])`,
      ]);
    }
  });

  it("report /* where it is not the end, or where the key is a segment", () => {
    for (const path of ["*", "/*/rooms", "/rooms*", "/rooms/**", "/rooms/*x", "/rooms/*/"]) {
      deepEqual(routeFaults([{ ...ROUTE, path, key: { from: "header", header: "X-Room" } }]), [
        `routes[0].path is ${JSON.stringify(path)}; it must be a path that begins with a slash, of letters, digits and _ . ~ -, or one that ends with /* (for example /companies)`,
      ]);
    }
    deepEqual(routeFaults([{ ...ROUTE, path: "/rooms/*" }]), [
      'routes[0].path is "/rooms/*"; it must be a path that begins with a slash, of letters, digits and _ . ~ - (for example /companies)',
    ]);
  });

  for (const path of [
    "",
    "rooms",
    "/a b",
    "/a#b",
    "/a'b",
    '/a"b',
    "/a\\b",
    "/a%20",
    "/a\n",
    "//a",
  ]) {
    it(`report a path such as ${JSON.stringify(path)}`, () => {
      deepEqual(routeFaults([{ ...ROUTE, path }]), [
        `routes[0].path is ${JSON.stringify(path)}; it must be a path that begins with a slash, of letters, digits and _ . ~ - (for example /companies)`,
      ]);
    });
  }

  for (const header of ["X-Forwarded-User", "forwarded", "HOST", "Cookie", "TE", "Connection"]) {
    it(`report a header that routers change, such as ${header}`, () => {
      const faults = routeFaults([{ ...ROUTE, key: { from: "header", header } }]);
      equal(faults.length, 1);
      match(faults[0] ?? "", new RegExp(`^routes\\[0\\]\\.key\\.header is "${header}"; `));
    });
  }

  for (const name of ["", "a b", "it's", 'a"', "a#", "a,b", "a)", "a.b", "a\n", "naïve"]) {
    it(`report a name such as ${JSON.stringify(name)}`, () => {
      const fault = (at: string, example: string): string =>
        `routes[0].key.${at} is ${JSON.stringify(name)}; it must be a name of letters, digits and _ - (for example ${example})`;
      const post = { ...ROUTE, methods: ["POST"] } as const;
      deepEqual(routeFaults([{ ...post, key: { from: "json", field: name } }]), [
        fault("field", "businessNumber"),
      ]);
      deepEqual(routeFaults([{ ...ROUTE, key: { from: "query", parameter: name } }]), [
        fault("parameter", "document"),
      ]);
      deepEqual(routeFaults([{ ...ROUTE, key: { from: "header", header: name } }]), [
        fault("header", "X-Document"),
      ]);
      deepEqual(routeFaults([{ ...ROUTE, key: { from: "cookie", cookie: name } }]), [
        fault("cookie", "document"),
      ]);
    });
  }
});
