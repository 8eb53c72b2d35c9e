import { equal, match, ok } from "node:assert/strict";
import { byCookie, replicaFor, startFront, type Choice, type Given } from "./httpFront.ts";
import { examine, judged, verify } from "./verifier.ts";
import { stopServers } from "./servers.ts";

const ROLLOUT = ["--scenario", "rollout", "--sessions", "30", "--duration", "4", "--rate", "16"];

/** When all replicas are rolled, from the first request on. */
const ROLLED_MS = 1000;

/** Milliseconds since it was called first. */
function stopwatch(): () => number {
  let started: number | undefined;
  return () => Date.now() - (started ??= Date.now());
}

/** A front that keeps keys, of which the replicas are changed; answers may be others at a time. */
async function rolledFront(answer?: (milliseconds: number) => Given): Promise<string> {
  const passed = stopwatch();
  const { url } = await startFront(
    ({ path }): Choice => ({ replica: (replicaFor(path) + (passed() > ROLLED_MS ? 1 : 0)) % 3 }),
    () => answer?.(passed()) ?? { status: 200 },
  );
  return url;
}

describe("npm run verify over plain HTTP, while replicas are rolled,", () => {
  afterEach(stopServers);

  it("finds keys sticky that move and then stay", async () => {
    const url = await rolledFront();
    const { code, err, out, report } = await verify(url, "--key", "path", ...ROLLOUT);
    // More lines follow where the run takes more than five seconds.
    match(err, /^replace the replicas now; this must end within 3\.2 s; the run takes 4 s\n/);
    equal(code, 0);
    match(
      out,
      /\nbreaks: \d+ by a foreign replica, 0 unanswered\nsticky: 30 of 30 keys moved, each is on one replica again, and all requests were answered\n$/,
    );
    // A response that was late may follow one of the new replica.
    ok(report().totals.moves >= 30);
  });

  it("finds browsers sticky that get another cookie and then stay", async () => {
    const passed = stopwatch();
    const { url } = await startFront((request) => {
      const choice = byCookie(request);
      return passed() > ROLLED_MS && choice.replica !== 2
        ? { replica: 2, setCookie: "SERVERID=2" }
        : choice;
    });
    const report = await examine(url, "--cookie-jar", "on", ...ROLLOUT);
    match(judged(report), /^sticky: \d+ of 30 clients moved, each is on one replica again, and /);
  });

  it("accepts a request that is repeated after 503 with Retry-After", async () => {
    const url = await rolledFront((ms) =>
      ms > ROLLED_MS && ms < ROLLED_MS + 300
        ? { status: 503, headers: { "Retry-After": "1" } }
        : { status: 200 },
    );
    const report = await examine(url, "--key", "path", ...ROLLOUT);
    match(judged(report), /^sticky: /);
    ok((report.visits?.repeated ?? 0) > 0);
  });

  it("finds not sticky if a request got an error", async () => {
    const url = await rolledFront((ms) => ({
      status: ms > ROLLED_MS && ms < ROLLED_MS + 300 ? 500 : 200,
    }));
    const report = await examine(url, "--key", "path", ...ROLLOUT);
    match(judged(report), /^not sticky: \d+ responses? with a 5xx status$/);
  });

  it("finds not sticky if a request got no response from a replica, and reports only that", async () => {
    const url = await rolledFront((ms) =>
      ms > ROLLED_MS + 400 && ms < ROLLED_MS + 700
        ? { status: 502, headers: { "X-Replica": "" } }
        : { status: 200 },
    );
    const report = await examine(url, "--key", "path", ...ROLLOUT);
    match(judged(report), /^not sticky: \d+ requests? not answered by a replica$/);
    equal(report.visits?.errors, 0);
    equal(report.firstBreaks.length, 10);
    ok(report.firstBreaks.every(({ kind }) => kind === "unanswered"));
  });

  it("is inconclusive if requests keep straying, or the roll-out is not over", async () => {
    const { url } = await startFront(({ number }) => ({ replica: number % 3 }));
    const report = await examine(url, "--key", "path", ...ROLLOUT);
    match(
      judged(report),
      /^inconclusive: \d+ of 30 keys reached several replicas in the last fifth of the run: the roll-out /,
    );
    ok(report.firstBreaks.every(({ seconds }) => seconds >= 3.2));
  });

  it("is inconclusive if no client moved", async () => {
    const { url } = await startFront(({ path }) => ({ replica: replicaFor(path) }));
    equal(
      judged(await examine(url, "--key", "path", ...ROLLOUT)),
      "inconclusive: no key reached another replica: no replica was replaced",
    );
  });

  it("is inconclusive after too few requests", async () => {
    const url = await rolledFront();
    const few = ["--scenario", "rollout", "--sessions", "10", "--duration", "2", "--rate", "10"];
    match(
      judged(await examine(url, "--key", "path", ...few)),
      /^inconclusive: only \d+ connections could have gone astray in the last fifth of the run: /,
    );
  });
});
