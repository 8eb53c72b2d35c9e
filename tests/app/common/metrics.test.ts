import { deepEqual, equal, match } from "node:assert/strict";
import { startEchoServer, stopEchoServers } from "../../support/echoServer.ts";
import { endRuns, startLocal } from "../../drivers/localRun.ts";
import { metricsAt, metricsOf, metricsOriginOf } from "../../drivers/metrics.ts";

const errorOf = (url: string): Promise<unknown> =>
  fetch(url).then(
    () => undefined,
    (error: unknown) => (error as { cause?: { code?: string } }).cause?.code,
  );

describe("metrics", () => {
  afterEach(stopEchoServers);
  afterEach(endRuns);

  it("are served on a port of their own, which serves nothing else", async () => {
    const { origin } = await startEchoServer();
    match(await metricsOf(origin), /^app_drains_total 0$/m);
    const metrics = metricsOriginOf(origin);
    const answer = await fetch(`${metrics}/metrics`, { method: "POST" });
    deepEqual([answer.status, answer.headers.get("Allow")], [405, "GET, HEAD"]);
    equal((await fetch(`${metrics}/readyz`)).status, 404);
    equal((await fetch(`${origin}/metrics`)).status, 404);
  });

  it("are served until the drain has ended, and stop with the server", async () => {
    const { origin, server } = await startEchoServer({ drainSeconds: 0.3 });
    const drained = server.drain();
    match(await metricsOf(origin), /^app_drains_total 1$/m);
    await drained;
    equal(await errorOf(`${metricsOriginOf(origin)}/metrics`), "ECONNREFUSED");
  });

  it("are served only on loopback in the local run, and not through its front", async () => {
    const run = await startLocal("--replicas", "1");
    const [, port = ""] = /"metricsPort":(\d+),"availability":"routable"/.exec(run.err) ?? [];
    match(await metricsAt(`http://127.0.0.1:${port}`), /^# TYPE sockjs_messages_total counter$/m);
    equal(await errorOf(`http://127.0.0.2:${port}/metrics`), "ECONNREFUSED");
    equal((await fetch(`${run.origin}/metrics`)).status, 404);
  });
});
