import { equal, match } from "node:assert/strict";
import {
  anyReplica,
  bySource,
  failing,
  startFront,
  stickyFor,
  stickyOnlyForWebSockets,
  strayOneIn,
  type Policy,
} from "./front.ts";
import { waitFor } from "../drivers/waitFor.ts";
import { listen } from "./httpFront.ts";
import { startReplicas, type ReplicaOptions } from "./replicas.ts";
import { examine, judged, verify } from "./verifier.ts";
import { stopServers } from "./servers.ts";

/** Enough for a verdict, and short. */
const SHORT = ["--sources", "20", "--sessions", "20", "--duration", "2", "--rate", "8"];

/** For a verdict that needs many connections, however busy the computer is. */
const LONGER = ["--duration", "4"];

const NAMES = ["app-0", "app-1"];

const KINDS: [string, (port: number) => string[]][] = [
  ["http", (port) => [`http://127.0.0.1:${port}/`, "--kind", "http"]],
  ["sse", (port) => [`http://127.0.0.1:${port}/events`, "--kind", "sse"]],
  ["websocket", (port) => [`ws://127.0.0.1:${port}/`]],
];

/** The verdict on a front with this policy, and two replicas. */
async function verdictOn(
  argsFor: (port: number) => string[],
  policy: Policy,
  args: readonly string[] = [],
  names: readonly string[] = NAMES,
  options: ReplicaOptions = {},
): Promise<string> {
  const { port } = await startFront(await startReplicas(names, options), policy);
  const [url = "", ...kind] = argsFor(port);
  return judged(await examine(url, ...kind, ...SHORT, ...args));
}

describe("npm run verify", () => {
  afterEach(stopServers);

  for (const [kind, argsFor] of KINDS) {
    it(`tells sticky fronts of ${kind} from others`, async () => {
      const [sticky, spreading] = await Promise.all([
        verdictOn(argsFor, bySource, LONGER),
        verdictOn(argsFor, anyReplica),
      ]);
      match(sticky, /^sticky: none of \d+ connections went astray$/);
      match(spreading, /^not sticky: \d+ of \d+ connections went astray$/);
    });

    it(`finds fronts of ${kind} not sticky that stick for a time, or mostly`, async () => {
      const [brief, straying] = await Promise.all([
        verdictOn(argsFor, stickyFor(1000)),
        verdictOn(argsFor, strayOneIn(100)),
      ]);
      match(brief, /^not sticky: /);
      match(straying, /^not sticky: [1-9] of \d+ connections went astray$/);
    });

    it(`does not call fronts of ${kind} sticky that fail, or whose replicas cannot be told apart`, async () => {
      const [storm, twins, unnamed] = await Promise.all([
        verdictOn(argsFor, failing(0.3)),
        verdictOn(argsFor, anyReplica, [], ["app-0", "app-0"]),
        verdictOn(argsFor, anyReplica, ["--replica", "none"]),
      ]);
      match(storm, /^inconclusive: \d+ failures in \d+ requests are more than 1 %; /);
      match(twins, /^inconclusive: all clients reached the same replica/);
      match(unnamed, /^cannot be judged: no response names its replica, /);
    });
  }

  it("reads names in bodies, first events and first messages", async () => {
    const verdicts = await Promise.all(
      KINDS.map(([, argsFor]) => verdictOn(argsFor, anyReplica, ["--replica", "json:server.name"])),
    );
    for (const verdict of verdicts) {
      match(verdict, /^not sticky: /);
    }
  });

  it("finds HTTP not sticky if only WebSockets stick, which are sticky", async () => {
    const [http, webSocket] = await Promise.all(
      [KINDS[0], KINDS[2]].map((kind) =>
        verdictOn(kind?.[1] ?? (() => []), stickyOnlyForWebSockets),
      ),
    );
    match(http ?? "", /^not sticky: /);
    match(webSocket ?? "", /^sticky: /);
  });

  it("resets streams, which some load balancers keep when they are only closed", async () => {
    let resets = 0;
    const { url } = await listen(({ socket }, response) => {
      socket.on(
        "error",
        ({ code }: NodeJS.ErrnoException) => (resets += code === "ECONNRESET" ? 1 : 0),
      );
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write('data: {"name":"app-0"}\n\n');
    });
    for (const place of ["json:name", "none"]) {
      const args = ["--kind", "sse", "--replica", place, "--sessions", "2", "--duration", "1"];
      const { totals } = await examine(url, ...args);
      await waitFor("all are reset", () => resets === totals.echoed);
      resets = 0;
    }
  });

  it("expects WebSocket messages back with --echo", async () => {
    const webSocket = (port: number): string[] => [`ws://127.0.0.1:${port}/`, "--echo"];
    const losing = { losesOneIn: 20 };
    const [whole, losingEcho, losingSilent] = await Promise.all([
      verdictOn(webSocket, bySource, LONGER),
      verdictOn(webSocket, bySource, [], NAMES, losing),
      verdictOn((port) => webSocket(port).slice(0, 1), bySource, LONGER, NAMES, losing),
    ]);
    match(whole, /^sticky: /);
    match(losingEcho, /^inconclusive: \d+ failures in \d+ requests are more than 1 %; /);
    match(losingSilent, /^sticky: /);
  });

  it("keeps WebSockets about a key in a query apart", async () => {
    const byRoom: Policy = ({ path }) => path.charCodeAt(path.length - 1) % 2;
    const rooms = ["--key", "query:room"];
    const [sticky, spreading] = await Promise.all([
      verdictOn(KINDS[2]?.[1] ?? (() => []), byRoom, [...rooms, ...LONGER]),
      verdictOn(KINDS[2]?.[1] ?? (() => []), bySource, rooms),
    ]);
    match(sticky, /^sticky: /);
    match(spreading, /^not sticky: /);
  });

  it("exits with status 3 if there is no stream, and no WebSocket", async () => {
    const [port = 0] = await startReplicas(["app-0"]);
    const noStream = await verify(`http://127.0.0.1:${port}/`, "--kind", "sse");
    equal(noStream.code, 3);
    match(
      noStream.err,
      /^http:\S+ cannot be verified: it was answered 200 without a content type, not with an event stream; /,
    );
    const { url } = await listen((_request, response) => response.writeHead(426).end());
    const noSocket = await verify(url.replace("http", "ws"));
    equal(noSocket.code, 3);
    match(noSocket.err, /^ws:\S+ cannot be verified: it was answered 426, not with an upgrade; /);
  });
});
