import { deepEqual, equal, match, ok } from "node:assert/strict";
import { connect, createServer } from "node:net";
import { createServer as createHttpServer } from "node:http";
import { sentenceOf } from "../../app/contract/fault.ts";
import { KINDS } from "../../verify/kinds.ts";
import { readOptions, type VerifyOptions } from "../../verify/options.ts";
import { waitFor } from "../drivers/waitFor.ts";
import { startEchoServer, stopEchoServers } from "../support/echoServer.ts";
import { startReplicas } from "./replicas.ts";
import { listenOn, stopServers } from "./servers.ts";
import { verify } from "./verifier.ts";

/** Addresses that this computer does not have. */
const SOURCES = ["198.51.100.7", "203.0.113.9"];

/** Each kind, and the transports of Socket.IO: protocol, path and options. */
const KIND_ARGS: [string, "http" | "ws", string, string[]][] = [
  ["sockjs", "http", "/echo", []],
  ["socketio", "http", "/socket.io/", []],
  ["websocket", "ws", "/", []],
  ["sse", "http", "/events", ["--kind", "sse"]],
  ["http", "http", "/", ["--kind", "http"]],
];

const HEADER = /^PROXY TCP4 (\S+) 127\.0\.0\.1 \d+ (\d+)\r\n/;

/** A proxy that closes connections without the header, and forwards the others without it. */
async function startProxy(target: number) {
  const headers: { source: string; port: number }[] = [];
  const server = createServer((socket) => {
    socket.once("data", (data) => {
      const [header, source = "", to] = HEADER.exec(data.toString("latin1")) ?? [];
      if (header === undefined) {
        socket.destroy();
        return;
      }
      headers.push({ source, port: Number(to) });
      const upstream = connect(target, "127.0.0.1").on("error", () => socket.destroy());
      upstream.write(data.subarray(header.length));
      socket.pipe(upstream).pipe(socket);
    });
  });
  return { headers, port: await listenOn(server) };
}

function optionsOf(url: string, ...args: string[]): VerifyOptions {
  const options = readOptions([url, "--sources", SOURCES.join(), ...args]);
  ok(options);
  return options;
}

async function reached(options: VerifyOptions): Promise<string> {
  const obstacle = await KINDS[options.kind].reach(options);
  return obstacle === undefined ? "" : sentenceOf(obstacle.fault);
}

describe("npm run verify with --proxy-protocol", () => {
  afterEach(stopServers);
  afterEach(stopEchoServers);

  for (const [kind, protocol, path, args] of KIND_ARGS) {
    it(`names the session's address at the beginning of each connection of ${kind}`, async () => {
      const [replica = 0] = await startReplicas(["app-0"]);
      const target = kind === "sockjs" ? new URL((await startEchoServer()).origin).port : replica;
      const { headers, port } = await startProxy(Number(target));
      const url = `${protocol}://127.0.0.1:${port}${path}`;
      const options = optionsOf(url, ...args, "--proxy-protocol", "--sessions", "14");
      const subjects = KINDS[options.kind].createSubjects(options, {
        clock: () => 0,
        onBreak: () => undefined,
        onAnswered: () => undefined,
      });
      subjects.forEach((subject) => subject.send());
      await waitFor("all are answered", () => subjects.every(({ echoed }) => echoed > 0));
      subjects.forEach((subject) => subject.close());
      deepEqual(new Set(headers.map(({ source }) => source)), new Set(SOURCES));
      ok(headers.every((each) => each.port === port));
      deepEqual(new Set(subjects.map((subject) => subject.result().source)), new Set(SOURCES));
    });
  }

  it("finds who is there, and runs with addresses that this computer does not have", async () => {
    const { headers, port } = await startProxy((await startReplicas(["app-0"]))[0] ?? 0);
    const { code } = await verify(
      `http://127.0.0.1:${port}/`,
      ...["--kind", "http", "--proxy-protocol", "--sources", SOURCES.join()],
      ...["--sessions", "2", "--duration", "1"],
    );
    equal(code, 4);
    deepEqual(new Set(headers.map(({ source }) => source)), new Set(["127.0.0.1", ...SOURCES]));
  });

  it("is suggested if a server closes connections without the header, for all kinds", async () => {
    const { port } = await startProxy(9);
    for (const [kind, protocol, path, args] of KIND_ARGS) {
      const sentence = await reached(optionsOf(`${protocol}://127.0.0.1:${port}${path}`, ...args));
      match(sentence, /; pass --proxy-protocol if a PROXY protocol header is expected$/, kind);
    }
  });

  it("is rejected if a server does not expect the header, for all kinds", async () => {
    const strict = await listenOn(createHttpServer());
    const closing = await listenOn(
      createServer((socket) => socket.once("data", () => socket.end())),
    );
    for (const [port, answer] of [
      [strict, "400"],
      [closing, "closed or reset"],
    ] as const) {
      for (const [kind, protocol, path, args] of KIND_ARGS) {
        const url = `${protocol}://127.0.0.1:${port}${path}`;
        const sentence = await reached(optionsOf(url, ...args, "--proxy-protocol"));
        match(
          sentence,
          / cannot be verified with a PROXY protocol header: .*; omit --proxy-protocol$/,
          kind,
        );
        ok(sentence.includes(answer), sentence);
      }
    }
  });
});
