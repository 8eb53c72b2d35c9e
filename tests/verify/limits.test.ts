import { equal, match, ok, rejects } from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { createServer } from "node:net";
import { Readable } from "node:stream";
import { WebSocketServer } from "ws";
import { visitHttp } from "../../verify/http/httpVisit.ts";
import { readOptions, type VerifyOptions } from "../../verify/options.ts";
import { reachSockjs } from "../../verify/sockjs/reachSockjs.ts";
import { FRAME_READERS } from "../../verify/sockjs/frames.ts";
import { visitSse } from "../../verify/sse/sseVisit.ts";
import { MAX_MESSAGE, wholeOf } from "../../verify/visits/body.ts";
import { HttpClient } from "../../verify/visits/client.ts";
import { inTime } from "../../verify/visits/limit.ts";
import { reachByVisit } from "../../verify/visits/reachByVisit.ts";
import { requestFor } from "../../verify/visits/request.ts";
import type { MakeVisit } from "../../verify/visits/visit.ts";
import { visitWebSocket } from "../../verify/websocket/webSocketVisit.ts";
import { listen } from "./httpFront.ts";
import { listenOn, stopServers } from "./servers.ts";

/** Milliseconds for a visit here. */
const LIMIT_MS = 300;

const HEADER = { from: "header", what: "X-Replica" } as const;
const JSON_NAME = { from: "json", what: "name" } as const;

/** Sends a comment every few milliseconds, and never ends. */
function trickle(response: ServerResponse, type: string): void {
  response.writeHead(200, { "Content-Type": type });
  const timer = setInterval(() => response.write(": \n"), 5);
  response.once("close", () => clearInterval(timer));
}

async function startTrickle(type: string): Promise<string> {
  return (await listen((_request, response) => trickle(response, type))).url;
}

function visitAt(url: string, visit: MakeVisit) {
  return visit(new HttpClient({ source: undefined, keepsCookies: true }), requestFor(url));
}

function optionsOf(url: string, ...args: string[]): VerifyOptions {
  const options = readOptions([url, ...args]);
  ok(options);
  return options;
}

describe("a response that never ends", () => {
  afterEach(stopServers);

  it("fails a visit over HTTP, however often a part of it arrives", async () => {
    const url = await startTrickle("text/html");
    await rejects(visitAt(url, visitHttp(HEADER, LIMIT_MS)), {
      message: "the response did not end within 0.3 s",
      fix: undefined,
    });
  });

  it("is found before the run over HTTP, with the kind for a stream of events", async () => {
    const url = await startTrickle("text/event-stream");
    const obstacle = await reachByVisit(
      visitHttp(HEADER, LIMIT_MS),
      optionsOf(url, "--kind", "http"),
    );
    equal(obstacle?.isUnnamed, false);
    match(obstacle.fault.problem ?? "", /the response did not end within 0.3 s/);
    equal(obstacle.fault.fix, "pass --kind sse to verify a stream of events");
  });

  it("fails a visit of a stream without an event", async () => {
    const url = await startTrickle("text/event-stream");
    await rejects(visitAt(url, visitSse(JSON_NAME, LIMIT_MS)), {
      message: "no event came within 0.3 s",
    });
  });

  it("is found before the run at a SockJS prefix", async () => {
    const url = await startTrickle("application/json");
    const obstacle = await reachSockjs(optionsOf(url), LIMIT_MS);
    match(obstacle?.fault.problem ?? "", /the response did not end within 0.3 s/);
  });
});

describe("a server that does not respond", () => {
  afterEach(stopServers);

  const visits: [string, MakeVisit, string][] = [
    ["HTTP", visitHttp(HEADER, LIMIT_MS), "http"],
    ["a stream", visitSse(HEADER, LIMIT_MS), "http"],
    ["a WebSocket", visitWebSocket(HEADER, false, LIMIT_MS), "ws"],
  ];
  for (const [kind, visit, protocol] of visits) {
    it(`fails a visit over ${kind}`, async () => {
      const port = await listenOn(createServer());
      await rejects(visitAt(`${protocol}://127.0.0.1:${port}/`, visit), {
        message: "no response came within 0.3 s",
      });
    });
  }

  for (const [isEcho, message] of [
    [false, "no message came within 0.3 s"],
    [true, "the message was not sent back within 0.3 s"],
  ] as const) {
    it(`fails a visit of a WebSocket of which ${message}`, async () => {
      const { server, url } = await listen(() => undefined);
      new WebSocketServer({ server });
      const visit = visitWebSocket(JSON_NAME, isEcho, LIMIT_MS);
      await rejects(visitAt(url.replace("http", "ws"), visit), { message });
    });
  }
});

describe("a server that sends too much", () => {
  afterEach(stopServers);

  const MEBIBYTE = "x".repeat(1024 * 1024);

  it("fails a visit of a WebSocket with a message that is too long", async () => {
    const { server, url } = await listen(() => undefined);
    new WebSocketServer({ server }).on("connection", (socket) =>
      socket.on("error", () => undefined).send(MEBIBYTE.repeat(5)),
    );
    await rejects(visitAt(url.replace("http", "ws"), visitWebSocket(JSON_NAME, false)), {
      code: "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
    });
  });

  it("fails a payload of which all must be kept", async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) {
          yield MEBIBYTE;
        }
      })(),
    );
    await rejects(
      inTime(60_000, undefined, (limit) => wholeOf(endless, limit)),
      { message: `the response is longer than ${MAX_MESSAGE} bytes` },
    );
  });

  for (const transport of ["xhr-streaming", "eventsource"] as const) {
    it(`fails a frame of ${transport} that never ends`, () => {
      const read = FRAME_READERS[transport]();
      const readMuch = (): void => {
        for (let part = 0; part < 6; part++) {
          read(transport === "eventsource" && part === 0 ? `data: ${MEBIBYTE}` : MEBIBYTE);
        }
      };
      let fault: unknown;
      try {
        readMuch();
      } catch (error) {
        fault = error;
      }
      ok(fault instanceof Error);
    });
  }
});
