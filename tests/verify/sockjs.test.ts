import { match, ok } from "node:assert/strict";
import { createServer } from "node:http";
import { createServer as createSockjs } from "sockjs";
import { SockjsSession } from "../../verify/sockjs/session.ts";
import { endRuns, runNode } from "../drivers/localRun.ts";
import { waitFor } from "../drivers/waitFor.ts";
import {
  anyReplica,
  bySource,
  failing,
  startFront,
  stickyFor,
  stickyOnlyForWebSockets,
  type Policy,
} from "./front.ts";
import { examine, FALL_BACKS, judged } from "./verifier.ts";
import { listenOn, stopServers } from "./servers.ts";

const SHORT = ["--sources", "20", "--sessions", "28", "--duration", "3", "--rate", "6"];

/** Starts echo servers with these names. A process for each: all servers of a process share their sessions. */
async function startEchoes(...names: readonly string[]): Promise<number[]> {
  const env = { PORT: "0", HOST: "127.0.0.1" };
  const echoes = names.map((name) => runNode("app/main.ts", [], { ...env, REPLICA_NAME: name }));
  const ports = (): number[] => echoes.map(({ out }) => Number(/"port":(\d+)/.exec(out)?.[1] ?? 0));
  await waitFor("all listen", () => ports().every((port) => port > 0));
  return ports();
}

/** Starts a SockJS echo that loses one message in `many`. Returns its port. */
function startLosing(many: number): Promise<number> {
  const echo = createSockjs({ log: () => undefined });
  let received = 0;
  echo.on("connection", (connection) =>
    connection.on("data", (message) => {
      received += 1;
      if (received % many !== 0) {
        connection.write(message);
      }
    }),
  );
  const server = createServer();
  echo.installHandlers(server, { prefix: "/echo" });
  return listenOn(server);
}

/** The verdict on a front of echo servers with this policy. */
async function verdictOn(
  ports: readonly number[],
  policy: Policy,
  ...args: readonly string[]
): Promise<string> {
  const { port } = await startFront(ports, policy);
  return judged(await examine(`http://127.0.0.1:${port}/echo`, ...SHORT, ...args));
}

/** Why a session over long polling ends whose second request is answered after a time, as by a server that does not know it. */
async function reasonAfter(delayMs: number, forgetMs: number): Promise<string> {
  let polls = 0;
  const server = createServer((_request, response) => {
    polls += 1;
    setTimeout(() => response.writeHead(200).end("o\n"), polls === 1 ? 0 : delayMs);
  });
  const url = `http://127.0.0.1:${await listenOn(server)}/echo`;
  const session = new SockjsSession({ url, transport: "xhr-polling", forgetMs });
  return new Promise((resolve) => (session.onclose = ({ reason }) => resolve(reason)));
}

describe("npm run verify on SockJS", () => {
  afterEach(endRuns);
  afterEach(stopServers);

  it("blames no replica if its session may have been forgotten in a silence", async () => {
    match(await reasonAfter(200, 100), /^the session was opened again after a silence, /);
    match(await reasonAfter(0, 60_000), /^a receiving request opened the session a second time$/);
  });

  it("catches a front that strays once in 200 connections", async () => {
    const ports = await startEchoes("echo-aaaaa", "echo-bbbbb");
    const front = await startFront(ports, ({ number }) => (number % 200 === 199 ? 1 : 0));
    const { breaks, chances, detectableRate, verdict } = await examine(
      `http://127.0.0.1:${front.port}/echo`,
      ...["--transports", "xhr-streaming,xhr-polling", "--sessions", "40"],
      ...["--duration", "4", "--rate", "10"],
    );
    match(verdict, /^not sticky$/);
    const astray = breaks["unknown session"] + breaks["foreign replica"];
    const strays = Math.floor(front.arrivals() / 200);
    // Who strays when a session begins is elsewhere then, and so meets a foreign replica on the way back, too.
    ok(astray >= 1 && astray <= 2 * strays, `${astray} of ${strays} strays`);
    ok(chances > 400 && detectableRate < 1 / 87);
  });

  it("tells sticky fronts from those that stick only for WebSockets, or for a time", async () => {
    const ports = await startEchoes("echo-aaaaa", "echo-bbbbb");
    const [sticky, webSockets, brief] = await Promise.all([
      verdictOn(ports, bySource, "--duration", "6"),
      verdictOn(ports, stickyOnlyForWebSockets),
      verdictOn(ports, stickyFor(1000)),
    ]);
    match(sticky, /^sticky: none of \d+ connections went astray$/);
    match(webSockets, /^not sticky: /);
    match(brief, /^not sticky: /);
  });

  it("does not call fronts sticky that fail, or whose replicas have one name", async () => {
    const ports = await startEchoes("echo-aaaaa", "echo-aaaaa", "echo-bbbbb");
    const fallBacks = ["--transports", FALL_BACKS.join()];
    const withinTwins: Policy = (arrival) => (bySource(arrival) === 1 ? 2 : anyReplica(arrival));
    const [storm, twins, pair, reconnecting, unnamed, silent] = await Promise.all([
      verdictOn(ports, failing(0.3)),
      verdictOn(ports, anyReplica, ...fallBacks),
      verdictOn(ports, withinTwins, ...fallBacks),
      verdictOn(ports, anyReplica, "--transports", "websocket", "--scenario", "reconnect"),
      verdictOn(ports, anyReplica, ...fallBacks, "--replica", "none"),
      verdictOn(ports, anyReplica, "--transports", "websocket", "--replica", "none"),
    ]);
    match(storm, /^inconclusive: \d+ failures in \d+ messages are more than 1 %; /);
    match(twins, /^not sticky: /);
    match(pair, /^not sticky: /);
    // Over WebSockets, only names show who answers.
    match(reconnecting, /^inconclusive: .*all sessions reached the same replica: /);
    match(unnamed, /^not sticky: /);
    match(silent, /^cannot be judged: no response names its replica, /);
  });

  it("does not call a server sticky that loses one message in 50", async () => {
    const [losing, whole] = await Promise.all(
      [50, Infinity].map(async (many) =>
        verdictOn([await startLosing(many)], () => 0, "--replica", "none"),
      ),
    );
    match(losing ?? "", /^inconclusive: \d+ failures in \d+ messages are more than 1 %; /);
    match(whole ?? "", /^sticky: none of \d+ connections went astray; /);
  });
});
