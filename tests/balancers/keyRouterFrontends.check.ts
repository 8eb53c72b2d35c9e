import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import type { KeyRoute, KeySource, Method } from "../../app/contract/keyRoute.ts";
import { waitFor } from "../drivers/waitFor.ts";
import { ask, CLIENT, connectAs, get } from "./routerClient.ts";
import { check, configFor, Fleet, isUp, PODS } from "./routers.ts";

describe("a key router's frontends", () => {
  let fleet: Fleet;
  beforeEach(async () => {
    fleet = await Fleet.of(2);
  });
  afterEach(() => fleet.stop());

  it("take the client's address from the load balancer's header, whatever the client sends", async () => {
    const headers = {
      "X-Forwarded-For": "192.0.2.1",
      "X-Forwarded-Host": "theirs",
      "X-Forwarded-Proto": "ftp",
      "X-Real": "stays",
      Forwarded: "for=192.0.2.1",
      Host: "ours",
    };
    for (const [isTls, scheme] of [
      [true, "https"],
      [false, "http"],
    ] as const) {
      fleet.forget();
      await ask(await fleet.route({ isTls }), "/", { client: "203.0.113.9", headers });
      deepEqual(fleet.requests()[0]?.headers, {
        host: "ours",
        "x-forwarded-for": "203.0.113.9",
        "x-forwarded-proto": scheme,
        "x-real": "stays",
      });
    }
  });

  it("reject clients without the load balancer's header", async () => {
    const router = await fleet.route();
    await rejects(get(router.port, "/"));
    await rejects(get(router.port, "/router/readyz"));
    deepEqual(fleet.requests(), []);
  });

  it("answer a client that has half-closed", async () => {
    const router = await fleet.route();
    const socket = connectAs(router.port);
    socket.end("GET /companies HTTP/1.1\r\nHost: ours\r\n\r\n");
    match(Buffer.concat((await socket.toArray()) as Buffer[]).toString(), /^HTTP\/1.1 200 /);
  });

  it("do not support HTTP/2, which nothing behind the load balancer needs", async () => {
    const router = await fleet.route();
    const session = connectHttp2("http://ours", { createConnection: () => connectAs(router.port) });
    session.on("error", () => undefined);
    await rejects(once(session.request({ ":path": "/" }), "response"));
    session.destroy();
    deepEqual(fleet.requests(), []);
  });

  it("are ready for the load balancer and the kubelet while a replica is up, and alive without one", async () => {
    const router = await fleet.route();
    const health = async (): Promise<number[]> => [
      (await ask(router, "/router/readyz")).status,
      (await get(router.probePort, "/readyz")).status,
      (await get(router.probePort, "/healthz")).status,
    ];
    deepEqual(await health(), [200, 200, 200]);
    const [first, second] = fleet.replicas;
    ok(first && second);
    first.isReady = false;
    await waitFor("one is down", async () => !(await isUp(router, first.name)));
    deepEqual(await health(), [200, 200, 200]);
    second.isReady = false;
    await waitFor("both are down", async () => !(await isUp(router, second.name)));
    deepEqual(await health(), [503, 503, 200]);
    for (const path of ["/companies/BN1", "/companies"]) {
      const { body, headers, status } = await ask(router, path);
      equal(status, 503);
      equal(headers["retry-after"], "5");
      match(body, /no replica is ready/);
    }
    deepEqual(fleet.requests(), []);
    first.isReady = true;
    await waitFor("one is back", () => isUp(router, first.name));
    deepEqual(await health(), [200, 200, 200]);
  });

  it("serve only metrics without the load balancer's header", async () => {
    const router = await fleet.route();
    match((await get(router.probePort, "/metrics")).body, /^haproxy_process_nbthread 1$/m);
    equal((await get(router.probePort, "/companies")).status, 404);
    await ask(router, "/metrics");
    equal(fleet.requests().length, 1);
  });

  it("log a JSON object for each request, without query, headers or body", async () => {
    const router = await fleet.route();
    const path = `/companies/a"b\\c${"%41".repeat(400)}?secret=query`;
    await ask(router, path, { headers: { Cookie: "secret=cookie" } });
    const body = JSON.stringify({ businessNumber: "secret" });
    await ask(router, "/companies", { method: "POST", body });
    connectAs(router.port).end("secret\r\n\r\n");
    const logged = (): string[] =>
      router
        .out()
        .split("\n")
        .filter((line) => line.startsWith("{"));
    await waitFor("all is logged", () => logged().length === 3);
    const entries = logged().map((line) => JSON.parse(line) as Record<string, unknown>);
    deepEqual(
      entries.map(({ backend, client, method, status }) => [method, status, backend, client]),
      [
        ["GET", 200, "keyed", CLIENT],
        ["POST", 200, "keyed", CLIENT],
        ["<BADREQ>", 400, "clients", CLIENT],
      ],
    );
    match(String(entries[0]?.path), /^\/companies\/a"b\\c(%41)+/);
    equal(logged().join().includes("secret"), false);
  });
});

const SOURCES: readonly KeySource[] = [
  { from: "json", field: "business_number-1" },
  { from: "header", header: "X-Document-Id" },
  { from: "cookie", cookie: "doc-sticky" },
  { from: "query", parameter: "document_id-1" },
  { from: "path" },
];

const METHODS: readonly (readonly Method[] | undefined)[] = [
  undefined,
  ["GET"],
  ["HEAD"],
  ["POST"],
  ["PUT"],
  ["PATCH"],
  ["DELETE"],
  ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
];

const ROUTES = SOURCES.flatMap((key) =>
  METHODS.flatMap((methods) =>
    (["identifier", "none"] as const).flatMap((normalise) =>
      (key.from === "path"
        ? ["/v1/some.things~_-", "/"]
        : ["/v1/some.things~_-", "/v1/*", "/*"]
      ).map((path): KeyRoute => ({ methods, path, key, normalise })),
    ),
  ),
);

describe("every possible configuration", () => {
  it("is accepted by HAProxy without a warning", async function () {
    this.timeout(180_000);
    const common = { ...PODS, port: 8080, readinessPath: "/readyz", idleTimeoutSeconds: 60 };
    const faultOf = (replicas: number, routes: readonly KeyRoute[]): Promise<string> =>
      check(configFor({ ...common, routes, replicas, isTls: replicas % 3 === 0 }));
    for (let replicas = 1; replicas <= 100; replicas += 2) {
      // Each takes its time: two at once.
      const faults = [replicas, replicas + 1].map((each) =>
        faultOf(each, ROUTES.slice(each % ROUTES.length).slice(0, 1)),
      );
      deepEqual(await Promise.all(faults), ["", ""]);
    }
    equal(await faultOf(200, ROUTES), "");
  });
});
