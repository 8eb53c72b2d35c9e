import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { readOptions } from "../../verify/options.ts";
import { detectableRate } from "../../verify/statistics.ts";

const HTTP = "http://127.0.0.1:9/companies";
const WS = "ws://127.0.0.1:9/";

/** Part of the duration for which a session runs on average, because sessions start one after the other. */
const AVERAGE = 0.95;

describe("the options of npm run verify", () => {
  it("plan enough requests by default to find one stray in 500", () => {
    const { duration = 0, rate = 0, sessions = 0 } = readOptions([WS]) ?? {};
    // The first request of a session cannot go astray.
    const chances = sessions * (duration * rate * AVERAGE - 1);
    ok(detectableRate(chances) < 1 / 500, `one in ${1 / detectableRate(chances)}`);
  });

  const kinds: [string, string[]][] = [
    ["sockjs", [HTTP]],
    ["http", [HTTP, "--cookie-jar", "off"]],
    ["http", [HTTP, "--key", "path"]],
    ["sse", [HTTP, "--kind", "sse", "--cookie-jar", "on"]],
    ["socketio", ["http://127.0.0.1:9/socket.io/?room=a", "--key", "query:room"]],
    ["socketio", ["http://127.0.0.1:9/", "--kind", "socketio"]],
    ["websocket", [WS]],
    ["websocket", ["wss://127.0.0.1:9/", "--key", "query:room"]],
  ];
  for (const [kind, args] of kinds) {
    it(`choose ${kind} for ${JSON.stringify(args)}`, () => {
      equal(readOptions(args)?.kind, kind);
    });
  }

  it("are rejected in the name of the command that got them", () => {
    const message = /^sockjs-sticky verify was not understood: unknown option '--bogus'; /;
    throws(() => readOptions([WS, "--bogus"], "sockjs-sticky verify"), { message });
  });

  it("name replicas by X-Replica by default", () => {
    deepEqual(readOptions([WS])?.replica, { from: "header", what: "X-Replica" });
  });

  it("may name any addresses in PROXY protocol headers", () => {
    const { sources } =
      readOptions(["http://a.example/", "--sources", "2", "--proxy-protocol"]) ?? {};
    deepEqual(sources, ["127.0.1.1", "127.0.1.2"]);
  });

  const refusals: [string[], RegExp][] = [
    [[HTTP, "--cookie-jar", "yes"], /^--cookie-jar is "yes"; it must be on or off \(for example /],
    [
      [HTTP, "--key", "cookie:a"],
      /^--key is "cookie:a"; it must be path, query:NAME, header:NAME or json:NAME \(for example json:/,
    ],
    [[HTTP, "--key", "header:a b"], /^--key is "header:a b"; it must be path, query:NAME, header:/],
    [
      [HTTP, "--kind", "grpc"],
      /^--kind is "grpc"; it must be sockjs or socketio or websocket or sse or http/,
    ],
    [
      [HTTP, "--replica", "X-Replica"],
      /^--replica is "X-Replica"; it must be header:NAME, json:PATH, body:REGEX, cookie:NAME or none/,
    ],
    [[HTTP, "--replica", "body:("], /^--replica is "body:\("; it must be header:NAME, json:PATH, /],
    [
      [HTTP, "--replica", "json:a"],
      /^--replica is "json:a"; it must be in header or none with --kind sockjs \(for example header:/,
    ],
    [
      [HTTP, "--key", "path", "--transports", "xhr-polling"],
      /^--transports is "xhr-polling"; it must be omitted with --kind http$/,
    ],
    [
      [HTTP, "--cookie-jar", "on", "--scenario", "reconnect"],
      /^--scenario is "reconnect"; it must be steady or rollout or scale or soak with --kind http \(for example steady\)$/,
    ],
    [
      [WS, "--scenario", "fallback"],
      /^--scenario is "fallback"; it must be steady or rollout or scale or soak with --kind websocket \(for example steady\)$/,
    ],
    [
      [WS, "--key", "json:a"],
      /^--key is "json:a"; it must be in path or query or header with --kind websocket$/,
    ],
    [
      [WS, "--kind", "sse"],
      /^URL is "ws:\/\/127.0.0.1:9\/"; it must be one that starts with http: or https: with --kind sse$/,
    ],
    [[WS, "--namespace", "/a"], /^--namespace is "\/a"; it must be omitted with --kind websocket$/],
    [
      ["http://127.0.0.1:9/socket.io/", "--namespace", "a"],
      /^--namespace is "a"; it must be a namespace of Socket.IO, which starts with \/ \(for example \/chat\)$/,
    ],
    [
      ["http://127.0.0.1:9/socket.io/", "--transports", "xhr-polling"],
      /^--transports is "xhr-polling"; it must be all, or of polling,websocket,upgrade with --kind socketio /,
    ],
    [
      ["http://127.0.0.1:9/socket.io/", "--key", "path"],
      /^--key is "path"; it must be in query or header with --kind socketio$/,
    ],
    [[HTTP, "--echo"], /^--echo is set; it must be omitted with --kind sockjs$/],
    [
      [HTTP, "--kind", "sockjs", "--key", "path", "--cookie-jar", "on"],
      /^--cookie-jar is "on"; it must be omitted with --kind sockjs\n--key is "path"; it must be omitted /,
    ],
  ];
  for (const [args, message] of refusals) {
    it(`reject ${JSON.stringify(args)}`, () => {
      throws(() => readOptions(args), { name: "SettingsError", message });
    });
  }
});
