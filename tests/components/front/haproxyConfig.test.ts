import { deepEqual, equal, ok } from "node:assert/strict";
import type { KeyRoute, KeySource } from "../../../app/contract/keyRoute.ts";
import { haproxyConfig, type HaproxyConfigArgs } from "../../../components/front/haproxyConfig.ts";

const ROUTE: KeyRoute = {
  methods: ["POST", "PUT"],
  path: "/v1/things",
  key: { from: "header", header: "X-Thing" },
  normalise: "none",
};

const ARGS: HaproxyConfigArgs = {
  routes: [ROUTE],
  statefulSet: "chat",
  serviceName: "chat-pods",
  namespace: "talk",
  replicas: 2,
  port: 9000,
  readinessPath: "/ready",
  isTls: false,
  idleTimeoutSeconds: 350,
};

/** The lines of a section, without indentation and comments. */
function section(name: string, changes: Partial<HaproxyConfigArgs> = {}): string[] {
  const sections = haproxyConfig({ ...ARGS, ...changes }).split("\n\n");
  const [, ...lines] = sections.find((each) => each.startsWith(name))?.split("\n") ?? [];
  return lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
}

function linesOf(name: string, keyword: string, changes: Partial<HaproxyConfigArgs> = {}) {
  return section(name, changes).filter((line) => line.startsWith(`${keyword} `));
}

/** What routes make of requests, without what is the same for all routes. */
function rules(...routes: KeyRoute[]): string[] {
  const lines = section("frontend clients", { routes });
  const before = lines.indexOf("acl has_key var(txn.key) -m found");
  const own = lines.slice(before + 1, lines.indexOf("use_backend keyed if has_key"));
  return own.filter((line) => !/^acl is_| \{ var\(txn\.| has_key | !is_/.test(line));
}

function keyOf(key: KeySource, changes: Partial<KeyRoute> = {}): string | undefined {
  const lines = rules({ ...ROUTE, key, ...changes }).join("\n");
  return /set-var\(txn\.key,ifnotempty\) (.*) if /.exec(lines)?.[1];
}

describe("HAProxy's configuration", () => {
  it("names each replica by its stable name and places it on the ring by its ordinal", () => {
    deepEqual(linesOf("backend keyed", "server"), [
      "server chat-0 chat-0.chat-pods.talk.svc.cluster.local:9000 id 1",
      "server chat-1 chat-1.chat-pods.talk.svc.cluster.local:9000 id 2",
    ]);
    deepEqual(linesOf("backend keyed", "balance"), ["balance hash var(txn.key)"]);
    deepEqual(linesOf("backend keyed", "hash-type"), ["hash-type consistent sdbm avalanche"]);
  });

  it("shares the health checks of the keyed backend with the other one", () => {
    deepEqual(linesOf("backend spread", "server"), [
      "server chat-0 chat-0.chat-pods.talk.svc.cluster.local:9000 id 1 track keyed/chat-0",
      "server chat-1 chat-1.chat-pods.talk.svc.cluster.local:9000 id 2 track keyed/chat-1",
    ]);
    deepEqual(linesOf("backend spread", "balance"), ["balance leastconn"]);
  });

  it("lists the maximum number of replicas", () => {
    for (const backend of ["backend keyed", "backend spread"]) {
      equal(linesOf(backend, "server", { replicas: 12 }).length, 12);
    }
  });

  it("checks replicas by readiness, and sends a new one nothing before it has passed", () => {
    deepEqual(linesOf("backend keyed", "http-check"), [
      "http-check send meth GET uri /ready ver HTTP/1.1 hdr Host chat-pods",
      "http-check expect status 200",
    ]);
    deepEqual(linesOf("backend keyed", "default-server"), [
      "default-server check inter 2s fastinter 1s fall 2 rise 2 weight 100",
      "default-server resolvers cluster resolve-prefer ipv4 init-addr none",
      "default-server init-state fully-down",
    ]);
  });

  it("drops a name that is gone at once, and keeps addresses when name servers fail", () => {
    deepEqual(section("resolvers cluster"), [
      "parse-resolv-conf",
      "timeout resolve 2s",
      "hold nx 5s",
      "hold other 1h",
      "hold refused 1h",
      "hold timeout 1h",
    ]);
  });

  it("retries only failed connection attempts", () => {
    const defaults = section("defaults");
    for (const line of ["retries 3", "retry-on conn-failure", "option redispatch"]) {
      ok(defaults.includes(line), line);
    }
  });

  it("gives clients, replicas and WebSockets the idle timeout of the load balancer", () => {
    const defaults = section("defaults", { idleTimeoutSeconds: 1234 });
    for (const side of ["client", "server", "tunnel"]) {
      ok(defaults.includes(`timeout ${side} 1234s`), side);
    }
  });

  it("answers clients that have half-closed their connection, which HAProxy 3.3 and later do not by default", () => {
    ok(section("defaults").includes("no option abortonclose"));
  });

  it("requires a PROXY header from clients, and none from probes", () => {
    deepEqual(linesOf("frontend clients", "bind"), ["bind :8080 accept-proxy"]);
    deepEqual(linesOf("frontend probes", "bind"), ["bind :8404"]);
    for (const frontend of ["frontend clients", "frontend probes"]) {
      deepEqual(linesOf(frontend, "monitor"), ["monitor fail if { nbsrv(keyed) lt 1 }"]);
    }
    deepEqual(linesOf("frontend clients", "monitor-uri"), ["monitor-uri /router/readyz"]);
    deepEqual(linesOf("frontend probes", "monitor-uri"), ["monitor-uri /readyz"]);
  });

  it("forwards the listener's scheme to replicas", () => {
    for (const [isTls, scheme] of [
      [true, "https"],
      [false, "http"],
    ] as const) {
      const lines = section("frontend clients", { isTls });
      ok(lines.includes(`http-request set-header X-Forwarded-Proto ${scheme}`));
    }
  });

  it("reads the key from the route's source", () => {
    equal(keyOf({ from: "header", header: "X-Thing" }), "req.fhdr(X-Thing)");
    equal(keyOf({ from: "cookie", cookie: "thing" }), "req.cook(thing)");
    equal(keyOf({ from: "json", field: "thing" }), "req.body,json_query('$.thing')");
    equal(
      keyOf({ from: "query", parameter: "thing" }),
      `query,'regsub("^(.*&)?thing=([^&]*).*$","\\2")',url_dec(1)`,
    );
    equal(keyOf({ from: "path" }), "path,field(4,/),url_dec");
    equal(keyOf({ from: "path" }, { path: "/things" }), "path,field(3,/),url_dec");
    equal(keyOf({ from: "path" }, { path: "/things/" }), "path,field(3,/),url_dec");
    equal(keyOf({ from: "path" }, { path: "/" }), "path,field(2,/),url_dec");
  });

  it("normalises identifiers as the application does", () => {
    const key = { from: "cookie", cookie: "thing" } as const;
    equal(keyOf(key, { normalise: "identifier" }), "req.cook(thing),upper,regsub('[ -]','',g)");
  });

  it("matches each route's methods and path, if no earlier route has found a key", () => {
    const second: KeyRoute = { ...ROUTE, methods: ["GET"], key: { from: "path" } };
    const odd = (condition: string): string =>
      `http-request set-var(txn.ambiguous) bool(true) if method_0 depth_0 path_0 !has_key ${condition}`;
    deepEqual(rules(ROUTE, second), [
      "acl method_0 method POST PUT",
      "acl depth_0 path -m reg '^(/[^/]*){2}$'",
      "acl path_0 path,field(1,/,3),url_dec -m str /v1/things",
      odd("{ req.fhdr_cnt(X-Thing) gt 1 }"),
      odd("{ req.fhdr(X-Thing) -m reg '[^ -~]' }"),
      "http-request set-var(txn.key,ifnotempty) req.fhdr(X-Thing) if method_0 depth_0 path_0 !has_key",
      "acl method_1 method GET",
      "acl depth_1 path -m reg '^(/[^/]*){2}/'",
      "acl path_1 path,field(1,/,3),url_dec -m str /v1/things",
      "http-request set-var(txn.key,ifnotempty) path,field(4,/),url_dec if method_1 depth_1 path_1 !has_key",
    ]);
  });

  it("matches any method, and all paths or those below one", () => {
    const conditionOf = (path: string): string[] =>
      rules({ ...ROUTE, methods: undefined, path }).flatMap((line) =>
        line.includes("txn.key") ? line.split(" if ").slice(1) : line.startsWith("acl") ? line : [],
      );
    deepEqual(conditionOf("/v1/*"), [
      "acl depth_0 path -m reg '^(/[^/]*){1}/'",
      "acl path_0 path,field(1,/,2),url_dec -m str /v1",
      "depth_0 path_0 !has_key",
    ]);
    deepEqual(conditionOf("/*"), ["acl depth_0 path -m reg '^(/[^/]*){0}/'", "depth_0 !has_key"]);
  });

  it("waits for a body and limits it only if the key is in it", () => {
    const inBody = rules({ ...ROUTE, key: { from: "json", field: "thing" } });
    const steps = inBody.map((line) => line.split(" ").slice(0, 4).join(" "));
    deepEqual(steps, [
      "acl method_0 method POST",
      "acl depth_0 path -m",
      "acl path_0 path,field(1,/,3),url_dec -m",
      "http-request return status 413",
      "http-request wait-for-body time 10s",
      "http-request return status 413",
      "http-request set-var(txn.ambiguous) bool(true) if",
      "http-request set-var(txn.ambiguous) bool(true) if",
      "http-request set-var(txn.ambiguous) bool(true) if",
      "http-request set-var(txn.key,ifnotempty) req.body,json_query('$.thing') if",
    ]);
    for (const line of inBody.filter((each) => each.includes("413"))) {
      ok(line.endsWith(" if method_0 depth_0 path_0 { req.body_size gt 32768 }"), line);
    }
  });

  it("has buffers for the longest URI, headers and body together", () => {
    const config = haproxyConfig({
      ...ARGS,
      routes: [{ ...ROUTE, key: { from: "json", field: "x" } }],
    });
    const numberAfter = (text: string): number => Number(config.split(text)[1]?.match(/^\d+/)?.[0]);
    const largest = ["{ url,length gt ", "{ req.hdrs,length gt ", "{ req.body_size gt "]
      .map(numberAfter)
      .reduce((sum, bytes) => sum + bytes);
    // HAProxy reserves 1 KiB to rewrite headers, and 8 bytes each for up to 101 of them.
    ok(largest + 1024 + 101 * 8 < numberAfter("tune.bufsize "), String(largest));
  });

  it("reserves connections for probes", () => {
    const maximum = (name: string): number => Number(linesOf(name, "maxconn")[0]?.split(" ")[1]);
    equal(maximum("frontend clients") + maximum("frontend probes"), maximum("global"));
  });

  it("answers errors with problem documents", () => {
    const config = haproxyConfig({
      ...ARGS,
      routes: [{ ...ROUTE, key: { from: "json", field: "x" } }],
    });
    const answers = [...config.matchAll(/status (\d+) content-type (\S+) string '([^']*)'/g)];
    equal(answers.length, config.split(" string ").length - 1);
    for (const [, status, type, body = ""] of answers) {
      equal(type, "application/problem+json");
      const { detail, title, ...rest } = JSON.parse(body) as Record<string, unknown>;
      deepEqual(rest, { type: "about:blank", status: Number(status) });
      ok(detail !== undefined && title !== undefined);
    }
    const statuses = new Set(answers.map(([, status]) => Number(status)));
    deepEqual([...statuses].toSorted(), [400, 408, 413, 414, 431, 500, 502, 503, 504]);
  });
});
