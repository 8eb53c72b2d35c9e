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
import { startReplicas } from "./replicas.ts";
import { examine, judged, verify } from "./verifier.ts";
import { stopServers } from "./servers.ts";

const SHORT = ["--sources", "20", "--sessions", "30", "--duration", "2", "--rate", "8"];

/** For a verdict that needs many connections, however busy the computer is. */
const LONGER = ["--duration", "4"];

const NAMES = ["app-0", "app-1"];

/** The verdict on a front with this policy, and two replicas. */
async function verdictOn(
  policy: Policy,
  args: readonly string[] = [],
  names: readonly string[] = NAMES,
): Promise<string> {
  const { port } = await startFront(await startReplicas(names), policy);
  return judged(await examine(`http://127.0.0.1:${port}/socket.io/`, ...SHORT, ...args));
}

describe("npm run verify on Socket.IO", () => {
  afterEach(stopServers);

  it("tells sticky fronts from others without names", async () => {
    const unnamed = ["--replica", "none", "--transports", "polling,upgrade"];
    const [sticky, spreading] = await Promise.all([
      verdictOn(bySource, [...unnamed, ...LONGER]),
      verdictOn(anyReplica, unnamed),
    ]);
    match(
      sticky,
      /^sticky: none of \d+ connections went astray; responses do not name their replicas/,
    );
    match(spreading, /^not sticky: \d+ of \d+ connections went astray(;|$)/);
  });

  it("finds fronts not sticky that stick only for WebSockets, for a time, or mostly", async () => {
    const polling = ["--replica", "none", "--transports", "polling"];
    const [webSockets, brief, straying] = await Promise.all([
      verdictOn(stickyOnlyForWebSockets, ["--replica", "none", "--transports", "upgrade"]),
      verdictOn(stickyFor(1000), polling),
      verdictOn(strayOneIn(100), polling),
    ]);
    match(webSockets, /^not sticky: /);
    match(brief, /^not sticky: /);
    match(straying, /^not sticky: [1-9] of \d+ connections went astray/);
  });

  it("expects clients with cookies, and reconnecting sessions, on the same replica", async () => {
    const webSockets = ["--transports", "websocket"];
    const [sessions, clients, reconnecting] = await Promise.all([
      verdictOn(anyReplica, webSockets),
      verdictOn(anyReplica, [...webSockets, "--cookie-jar", "off"]),
      verdictOn(anyReplica, [...webSockets, "--scenario", "reconnect"]),
    ]);
    match(sessions, /^inconclusive: no connection had to reach a particular replica/);
    match(clients, /^not sticky: /);
    match(reconnecting, /^not sticky: /);
  });

  it("reads names in the first event of a namespace", async () => {
    const own = ["--namespace", "/own", "--replica", "json:server.name", "--cookie-jar", "off"];
    const [sticky, spreading] = await Promise.all([
      verdictOn(bySource, [...own, "--transports", "websocket", ...LONGER]),
      verdictOn(anyReplica, [...own, "--transports", "websocket"]),
    ]);
    match(sticky, /^sticky: none of \d+ connections went astray$/);
    match(spreading, /^not sticky: /);
  });

  it("keeps sessions about a key in a query apart", async () => {
    const byRoom: Policy = ({ path }) => (/room=\w*[A-M]\b/.test(path) ? 0 : 1);
    const rooms = ["--key", "query:room"];
    const [sticky, spreading] = await Promise.all([
      verdictOn(byRoom, [...rooms, ...LONGER]),
      verdictOn(bySource, rooms),
    ]);
    match(sticky, /^sticky: /);
    match(spreading, /^not sticky: /);
  });

  it("does not call fronts sticky that fail, or whose replicas cannot be told apart", async () => {
    const named = ["app-0", "app-0", "app-1"];
    const withinTwins: Policy = (arrival) => (bySource(arrival) === 1 ? 2 : anyReplica(arrival));
    const reconnecting = ["--transports", "websocket", "--scenario", "reconnect"];
    const [storm, twins, pair, webSockets, silent] = await Promise.all([
      verdictOn(failing(0.3)),
      verdictOn(anyReplica, [], ["app-0", "app-0"]),
      verdictOn(withinTwins, [], named),
      verdictOn(anyReplica, reconnecting, ["app-0", "app-0"]),
      verdictOn(anyReplica, ["--replica", "none", "--transports", "websocket"]),
    ]);
    match(storm, /^inconclusive: \d+ failures in \d+ messages are more than 1 %; /);
    // The protocol shows what names do not.
    match(twins, /^not sticky: /);
    match(pair, /^not sticky: /);
    match(webSockets, /^inconclusive: .*all sessions reached the same replica: /);
    match(silent, /^cannot be judged: /);
  });

  it("exits with status 1 even if no session can be opened", async () => {
    const { port } = await startFront(await startReplicas(NAMES), ({ number }) => number % 2);
    const { code, out } = await verify(`http://127.0.0.1:${port}/socket.io/`, ...SHORT);
    equal(code, 1);
    match(out, /\nnot sticky: /);
  });

  it("exits with status 3 if there is no Socket.IO, and no namespace", async () => {
    const [port = 0] = await startReplicas(["app-0"]);
    const nothing = await verify(
      `http://127.0.0.1:${port}/`,
      "--kind",
      "socketio",
      "--namespace",
      "/no",
    );
    equal(nothing.code, 3);
    match(nothing.err, /^http:\S+ cannot be verified: Invalid namespace; it must be the URL of a /);
    const elsewhere = await verify(`http://127.0.0.1:${port}/elsewhere`, "--kind", "socketio");
    equal(elsewhere.code, 3);
    match(
      elsewhere.err,
      /^http:\S+elsewhere cannot be verified: the response is not of Socket\.IO; it must be the URL of a server of kind socketio\n$/,
    );
  });
});
