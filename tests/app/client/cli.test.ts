import { equal, match } from "node:assert/strict";
import { startEchoServer, stopEchoServers } from "../../support/echoServer.ts";
import { endRuns, runNode } from "../../drivers/localRun.ts";
import { waitFor } from "../../drivers/waitFor.ts";

const CLI = "app/client/cli.ts";

describe("npm run cli", () => {
  afterEach(endRuns);
  afterEach(stopEchoServers);

  it("prints which replica answered each ping, and a summary when it is interrupted", async () => {
    const { url } = await startEchoServer();
    const run = runNode(CLI, [url, "--transports", "xhr-streaming"]);
    await waitFor("a ping is answered", () => run.out.includes("x2k9p answered ping in "));
    match(run.out, / connected by xhr-streaming\n/);
    run.child.kill("SIGINT");
    equal(await run.ended, 0);
    match(run.out, /\n\d+ sent, \d+ echoed, 0 duplicated, \d+ lost, 0 reconnects\n$/);
  });

  it("reconnects on its own when the server is back", async () => {
    const first = await startEchoServer();
    const { port } = new URL(first.origin);
    const run = runNode(CLI, [first.url]);
    await waitFor("a ping is answered", () => run.out.includes("x2k9p answered ping"));
    await stopEchoServers();
    match(run.out, /closed with 4012 the replica is going away, next try in \d+ ms\n/);
    const second = await startEchoServer({ replica: "echo-second" }, Number(port));
    await waitFor("the second answers", () => run.out.includes("econd answered ping"));
    equal(second.url, first.url);
  });

  const refusals: [string[], RegExp][] = [
    [[], /missing required argument 'url'/],
    [["echo"], /'echo' is invalid.*It must be the http or https URL of a SockJS prefix/],
    [
      ["http://127.0.0.1:1/echo", "--transports", "carrier-pigeon"],
      /It must be a comma-separated list of websocket, /,
    ],
    [["http://127.0.0.1:1/echo", "--bogus"], /unknown option '--bogus'/],
  ];
  it("rejects a very long URL, and shows only its beginning", async () => {
    const run = runNode(CLI, ["x ".repeat(50_000)]);
    equal(await run.ended, 2);
    match(run.err, /^error: .*'x x .*…[^]* It must be the http or https URL/);
    equal(run.err.length < 1000, true);
  });

  for (const [args, message] of refusals) {
    it(`rejects ${JSON.stringify(args)} and exits with status 2`, async () => {
      const run = runNode(CLI, args);
      equal(await run.ended, 2);
      match(run.err, message);
      equal(run.out, "");
    });
  }
});
