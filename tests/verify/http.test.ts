import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Report } from "../../verify/report.ts";
import { endRuns } from "../drivers/localRun.ts";
import {
  anyReplica,
  byCookie,
  cookieOf,
  listen,
  replicaFor,
  startFront,
  type ReceivedRequest,
} from "./httpFront.ts";
import { examine, folder, judged, verify } from "./verifier.ts";
import { stopServers } from "./servers.ts";

/** Enough for a verdict, and short. */
const SHORT = ["--sessions", "30", "--duration", "1", "--rate", "12"];

const lastSegment = ({ path }: ReceivedRequest): string => path.split("/").at(-1) ?? "";

describe("npm run verify over plain HTTP", () => {
  afterEach(endRuns);
  afterEach(stopServers);

  it("finds cookie affinity sticky with a cookie jar", async () => {
    const { url, requests, connections } = await startFront(byCookie);
    const { code, out, report } = await verify(url, "--cookie-jar", "on", ...SHORT);
    equal(code, 0);
    match(out, /^replica +clients +sources +share +skew\n/);
    match(out, /\nrequests +answered +unanswered +5xx +retried +moves +away at most\n/);
    match(out, /\nsticky: none of \d+ connections went astray\n$/);
    const { breaks, replicas, sessions, totals, visits } = report();
    deepEqual(breaks, { "unknown session": 0, "foreign replica": 0, closed: 0, unanswered: 0 });
    deepEqual(visits, { cookieJar: "on", errors: 0, repeated: 0 });
    equal(replicas.length, 3);
    ok(sessions.every((session) => session.visits?.hasCookie));
    // One more asks whether anybody is there.
    equal(requests.length, totals.echoed + 1);
    equal(connections(), requests.length);
  });

  it("finds cookie affinity not sticky without a cookie jar, and reports expected and actual replicas", async () => {
    const { url, requests } = await startFront(byCookie);
    const { code, out } = await verify(url, "--cookie-jar", "off", ...SHORT);
    equal(code, 1);
    match(out, /\nbreaks: \d+ by a foreign replica, 0 unanswered\n/);
    match(
      out,
      /^ {2}at .* client \d+ expected company-\d, reached company-\d: foreign replica, GET /m,
    );
    match(out, /\nnot sticky: \d+ of \d+ connections went astray\n$/);
    ok(requests.every(({ headers }) => headers.cookie === undefined));
  });

  const places: [
    string,
    (request: ReceivedRequest) => string | undefined,
    (request: ReceivedRequest) => boolean,
  ][] = [
    [
      "header:Document-Id",
      ({ headers }) => headers["document-id"]?.toString(),
      ({ method, path }) => method === "GET" && path === "/companies",
    ],
    [
      "path",
      lastSegment,
      ({ method, path }) => method === "GET" && /^\/companies\/\w+$/.test(path),
    ],
    [
      "json:businessNumber",
      ({ body }) => (JSON.parse(body) as { businessNumber: string }).businessNumber,
      ({ body, method }) => method === "POST" && /^{"businessNumber":"\w+"}$/.test(body),
    ],
  ];
  for (const [place, keyOf, isPlain] of places) {
    it(`finds affinity by ${place} sticky, for all clients and statuses`, async () => {
      const { url, requests } = await startFront(
        (each) => ({ replica: replicaFor(keyOf(each) ?? "") }),
        ({ method }) => ({ status: method === "POST" ? 422 : 404 }),
      );
      const report = await examine(url, "--key", place, "--sources", "5", ...SHORT);
      match(judged(report), /^sticky: none of \d+ connections went astray$/);
      deepEqual(report.visits, { key: place, errors: 0, repeated: 0 });
      ok(requests.every(isPlain));
      const keys = new Set(requests.map(keyOf));
      equal(keys.size, 30);
      ok([...keys].every((key) => /^[A-Z\d]{12}$/.test(key ?? "")));
      deepEqual(new Set(report.sessions.map(({ visits }) => visits?.key)), keys);
      for (const { source, visits } of report.sessions) {
        const own = requests.filter((each) => keyOf(each) === visits?.key);
        const sources = new Set(own.map((each) => each.source));
        ok(sources.size >= 2);
        deepEqual(new Set(source.split(",")), sources);
      }
    });
  }

  it("requests the same keys for the same seed, and others for another seed", async () => {
    const { url } = await startFront((request) => ({ replica: replicaFor(lastSegment(request)) }));
    const [first, again, other] = await Promise.all(
      ["1", "1", "2"].map((seed) => examine(url, "--key", "path", "--seed", seed, ...SHORT)),
    );
    const keysOf = (report?: Report) => report?.sessions.map(({ visits }) => visits?.key);
    deepEqual(keysOf(first), keysOf(again));
    const seconds = new Set(keysOf(other));
    ok(keysOf(first)?.every((key) => !seconds.has(key)));
  });

  it("finds keys not sticky if they are sent anywhere", async () => {
    const { url } = await startFront(() => ({ replica: anyReplica() }));
    const report = await examine(url, "--key", "json:businessNumber", ...SHORT);
    match(judged(report), /^not sticky: \d+ of \d+ connections went astray$/);
    match(report.firstBreaks[0]?.detail ?? "", /^POST \/companies about \w+ was answered by comp/);
  });

  it("counts each request that strays once", async () => {
    let kept = 0;
    let strays = 0;
    const { url } = await startFront((request) => {
      const choice = byCookie(request);
      kept += choice.setCookie === undefined ? 1 : 0;
      const isStray = choice.setCookie === undefined && kept % 50 === 0;
      strays += isStray ? 1 : 0;
      return isStray ? { replica: (choice.replica + 1) % 3 } : choice;
    });
    const { breaks, verdict } = await examine(url, "--cookie-jar", "on", ...SHORT);
    equal(verdict, "not sticky");
    ok(strays > 2);
    equal(breaks["foreign replica"], strays);
  });

  for (const args of [
    ["--cookie-jar", "off"],
    ["--key", "path"],
  ]) {
    it(`detects round robin with ${args.join(" ")}, for any number of clients`, async () => {
      const { url } = await startFront(({ number }) => ({ replica: number % 3 }));
      const { breaks, chances, verdict } = await examine(url, ...args, ...SHORT);
      equal(verdict, "not sticky");
      ok(breaks["foreign replica"] > chances / 4);
    });
  }

  it("does not mistake affinity by address for affinity by cookie or key", async () => {
    const { url } = await startFront(({ source }) => ({ replica: replicaFor(source) }));
    const sources = ["--sources", "9", ...SHORT];
    equal(
      judged(await examine(url, "--cookie-jar", "on", ...sources)),
      "inconclusive: 30 of 30 clients got no cookie that they could send back",
    );
    match(judged(await examine(url, "--key", "path", ...sources)), /^not sticky: /);
    match(
      judged(await examine(url, "--key", "path", ...SHORT)),
      /^inconclusive: all keys reached the same replica: there is only one, or it is chosen by address; /,
    );
  });

  it("finds keys not sticky if a cookie takes precedence", async () => {
    const { url } = await startFront((request) => {
      const server = cookieOf(request, "SERVERID");
      const replica = server === undefined ? replicaFor(lastSegment(request)) : Number(server);
      return { replica, setCookie: `SERVERID=${replica}; Path=/` };
    });
    equal((await examine(url, "--key", "path", ...SHORT)).verdict, "sticky");
    const withJars = await examine(url, "--key", "path", "--cookie-jar", "on", ...SHORT);
    equal(withJars.verdict, "not sticky");
  });

  it("repeats requests that get 503 with Retry-After, and reports other errors", async () => {
    const busy = { status: 503, headers: { "Retry-After": "0" } };
    const { url } = await startFront(byCookie, ({ number }) =>
      number % 10 === 5 ? busy : { status: number % 10 === 8 ? 500 : 200 },
    );
    const args = ["--cookie-jar", "on", ...SHORT];
    const report = await examine(url, ...args);
    const { errors = 0, repeated = 0 } = report.visits ?? {};
    ok(errors > 5 && repeated > 5);
    equal(report.totals.lost, 0);
    match(
      judged(report),
      /^inconclusive: (\d+) failures in \d+ requests are more than 1 %; \1 responses? with a 5xx status$/,
    );
    match(
      judged(await examine(url, "--max-failures", "20", ...args)),
      /^sticky: none of \d+ .* astray; \d+ responses? with a 5xx status$/,
    );
  });

  it("is inconclusive about a server that dies during the run, and reports the errors", async () => {
    const { url } = await startFront(byCookie);
    setTimeout(stopServers, 1000);
    const report = await examine(
      url,
      ...["--cookie-jar", "on", "--sessions", "30", "--duration", "2", "--rate", "12"],
    );
    match(judged(report), /^inconclusive: \d+ failures in .*; \d+ requests? not answered by a rep/);
    const { breaks, firstBreaks, totals } = report;
    ok(totals.lost > 30);
    equal(breaks.unanswered, totals.lost);
    ok(firstBreaks.every(({ detail }) => /^GET \/companies failed: ./.test(detail)));
    ok(totals.awayMs > 500);
  });

  it("exits with status 3 if nothing listens", async () => {
    const { code, err } = await verify("http://127.0.0.1:9/companies", "--cookie-jar", "on");
    equal(code, 3);
    match(
      err,
      /^http:\/\/127\.0\.0\.1:9\/companies cannot be verified: nothing listens there \(.*ECONNREFUSED/,
    );
  });

  it("exits with status 3 at a redirect without a name", async () => {
    const { url } = await listen((_incoming, response) =>
      response.writeHead(301, { Location: "https://a.example/" }).end(),
    );
    const { code, err } = await verify(url, "--key", "path");
    equal(code, 3);
    match(
      err,
      /^http:\S+ cannot be verified: it was answered 301, to https:\/\/a\.example\/; it must be .*; verify the URL that it redirects to/,
    );
  });

  it("writes a page about keys", async () => {
    const { url } = await startFront((request) => ({ replica: replicaFor(lastSegment(request)) }));
    const html = join(folder, "keys.html");
    await verify(url, "--key", "path", "--html", html, ...SHORT);
    const page = readFileSync(html, "utf8");
    match(page, /<h1 class="sticky">/);
    match(page, /<dt>options<\/dt><dd>[^<]* --key path /);
    match(page, /<dt>keys<\/dt><dd>30<\/dd>/);
    match(page, /<p>Each lane is one key/);
  });
});
