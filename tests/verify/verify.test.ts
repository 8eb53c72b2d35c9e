import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { readOptions } from "../../verify/options.ts";
import { reportText } from "../../verify/reportText.ts";
import { TRANSPORTS } from "../../verify/sockjs/transport.ts";
import { startEchoServer, stopEchoServers } from "../support/echoServer.ts";
import { endRuns, runNode, startLocal } from "../drivers/localRun.ts";
import { metricAt } from "../drivers/metrics.ts";
import { waitFor } from "../drivers/waitFor.ts";
import { examine, FALL_BACKS, verify, VERIFY } from "./verifier.ts";

describe("npm run verify", () => {
  afterEach(endRuns);
  afterEach(stopEchoServers);

  it("finds the local run sticky, with the counts of its replicas", async () => {
    const run = await startLocal();
    const { code, out, report } = await verify(
      run.url,
      ...["--sources", "20", "--sessions", "42", "--duration", "3", "--rate", "4"],
    );
    equal(code, 0);
    match(out, /\nsticky: none of \d+ connections went astray\n$/);
    const { breaks, replicas, sessions, totals } = report();
    deepEqual(breaks, { "unknown session": 0, "foreign replica": 0, closed: 0, unanswered: 0 });
    equal(totals.echoed, totals.sent);
    equal(replicas.length, 3);
    deepEqual(new Set(sessions.flatMap(({ transports }) => transports)), new Set(TRANSPORTS));
    ok(new Set(sessions.map(({ source }) => source)).size > 15);
    for (const { replica, sessions: opened } of replicas) {
      const { metricsPort } =
        [...run.err.matchAll(/^\{.*\}$/gm)]
          .map(([line]) => JSON.parse(line) as { replica?: string; metricsPort?: number })
          .find((line) => line.replica === replica && line.metricsPort !== undefined) ?? {};
      const own = `http://127.0.0.1:${String(metricsPort)}`;
      const counts = await Promise.all(
        TRANSPORTS.map((name) => metricAt(own, `sockjs_sessions_total{transport="${name}"}`)),
      );
      equal(
        counts.reduce<number>((sum, count) => sum + (count ?? 0), 0),
        opened,
        `${replica} at ${own}`,
      );
    }
  });

  it("finds --affinity none not sticky on every HTTP fallback, and reports ten breaks", async () => {
    const { url } = await startLocal("--affinity", "none");
    const reports = await Promise.all(
      FALL_BACKS.map((transport) =>
        examine(
          url,
          ...["--transports", transport, "--sessions", "6", "--duration", "2", "--rate", "5"],
        ),
      ),
    );
    const texts = reports.map(reportText);
    for (const text of texts) {
      match(text, /\nnot sticky: \d+ of \d+ connections went astray(;|$)/);
      equal(text.match(/^ {2}at .* session \d+ on .*$/gm)?.length, 10);
    }
    match(texts.join(), /expected echo-0000\d, reached echo-0000\d: /);
  });

  describe("is inconclusive, with status 4,", () => {
    it("when there is one replica only", async () => {
      const { url } = await startEchoServer();
      const { code, out } = await verify(url, "--sessions", "7", "--duration", "1");
      equal(code, 4);
      match(out, /\ninconclusive: .*all sessions reached the same replica/);
    });

    it("when no connection could have gone astray", async () => {
      const { url } = await startEchoServer();
      const { code, out } = await verify(
        url,
        ...["--transports", "websocket", "--sessions", "3", "--duration", "1"],
      );
      equal(code, 4);
      match(out, /\ninconclusive: no connection had to reach a particular replica/);
    });
  });

  const refusals: [string[], RegExp][] = [
    [[], /missing required argument 'url'; it must be called with <url>, --kind/],
    [["echo"], /^URL is "echo"; it must be an http, https, ws or wss URL \(for example http:/],
    [
      ["http://a/b", "--sessions", "0"],
      /^--sessions is "0"; it must be a whole number from 1 to 10000/,
    ],
    [
      ["http://a/b", "--transports", "x"],
      /^--transports is "x"; it must be all, or of websocket,.* with --kind sockjs /,
    ],
    [
      ["http://a/b", "--max-failures", "101"],
      /^--max-failures is "101"; it must be a number from 0 to 100 \(for example 1\)$/,
    ],
    [
      ["http://a/b", "--max-failures", "2", "--scenario", "rollout"],
      /^--max-failures is 2; it must be omitted in scenario rollout, /,
    ],
    [["http://a/b", "--scenario", "x"], /^--scenario is "x"; it must be steady or reconnect or /],
    [
      ["http://a/b", "--sources", "0"],
      /^--sources is "0"; it must be a number from 1 to 9999, or /,
    ],
    [["http://a.example/b", "--sources", "9"], /^--sources has loopback addresses, from which /],
    [["http://a/b", "--bogus"], /unknown option '--bogus'; it must be called with <url>, /],
  ];
  for (const [args, message] of refusals) {
    it(`rejects ${JSON.stringify(args)}`, () => {
      throws(() => readOptions(args), { name: "SettingsError", message });
    });
  }

  it("exits with status 2 and one line if a flag is wrong", async () => {
    const run = runNode(VERIFY, ["echo"]);
    equal(await run.ended, 2);
    match(run.err, /^URL is "echo"; it must be [^\n]+\n$/);
    equal(run.out, "");
  });

  it("exits with status 3 if nothing listens, and if there is no SockJS", async () => {
    const nobody = await verify("http://127.0.0.1:9/echo");
    equal(nobody.code, 3);
    match(
      nobody.err,
      /^http:\/\/127\.0\.0\.1:9\/echo\/info cannot be verified: nothing listens there \(.*ECONNREFUSED/,
    );
    const { origin } = await startEchoServer();
    const elsewhere = await verify(`${origin}/nothing`);
    equal(elsewhere.code, 3);
    match(
      elsewhere.err,
      /\/nothing\/info cannot be verified: no SockJS server answers \(status 404\); .*; pass --kind /,
    );
  });

  it("reports what it has measured when it is interrupted, or terminated", async () => {
    const { url } = await startEchoServer();
    const signals = ["SIGINT", "SIGTERM"] as const;
    await Promise.all(
      signals.map(async (signal) => {
        const run = runNode(VERIFY, [url, "--sessions", "7", "--duration", "60", "--rate", "10"]);
        await waitFor("it tells of echoes", () => /, [1-9]\d* echoes/.test(run.err));
        run.child.kill(signal);
        run.child.kill(signal);
        equal(await run.ended, 4);
        match(run.out, /\ninconclusive: .*all sessions reached the same replica/);
      }),
    );
  });
});
