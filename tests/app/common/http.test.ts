import { equal, match } from "node:assert/strict";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { startCompanyServer, stopCompanyServers } from "../../drivers/companyServer.ts";
import { startEchoServer, stopEchoServers } from "../../support/echoServer.ts";
import { endFronts, startFront, startReplica } from "../../support/httpFront.ts";
import { endRuns, startLocal } from "../../drivers/localRun.ts";
import { usePostgres } from "../../drivers/postgres.ts";

/** Sends a request, ends its side of the connection, and returns what is answered; a keep-alive connection would never end. */
function converse(origin: string, said: string): Promise<string> {
  const { hostname, port } = new URL(origin);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.end(said);
  return text(socket);
}

const get = (hosts: readonly string[], version = "1.1", path = "/page.js"): string =>
  `GET ${path} HTTP/${version}\r\n${hosts.map((host) => `Host: ${host}\r\n`).join("")}\r\n`;

describe("HTTP servers and fronts", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    await stopEchoServers();
    await stopCompanyServers();
    await endFronts();
    await endRuns();
  });

  const servers: [string, () => Promise<{ origin: string }>][] = [
    ["the echo", () => startEchoServer()],
    ["the company registry", async () => startCompanyServer(await postgres.newDatabase())],
    [
      "the HTTP front",
      async () => ({ origin: await startFront("none", [await startReplica("a")]) }),
    ],
    ["the front by source address", () => startLocal("--replicas", "1")],
  ];
  for (const [name, start] of servers) {
    it(`require one valid Host header, and answer clients that half-close: ${name}`, async () => {
      const { origin } = await start();
      for (const host of ["a", "a.example:8080", "a:", "127.0.0.1:1", "[::1]:80", "a_b.%41~"]) {
        match(await converse(origin, get([host])), /^HTTP\/1\.1 200 /, host);
      }
      match(await converse(origin, get([], "1.0")), /^HTTP\/1\.[01] 200 /);
      for (const hosts of [
        [],
        ["a", "b"],
        ["a", "a"],
        ...[
          "",
          "a b",
          "a/b",
          "a:b",
          "a:70000",
          ":80",
          "[::1",
          "u@a",
          "a?b",
          "a#b",
          "a\\b",
          "<a>",
          "\u00e4",
        ].map((host) => [host]),
      ]) {
        match(await converse(origin, get(hosts)), /^HTTP\/1\.1 400 /, String(hosts));
      }
      match(await converse(origin, get(["a", "b"], "1.0")), /^HTTP\/1\.[01] 400 /);
      const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
      const twice = get(["a"], "1.1", "/echo/websocket").replace(
        "\r\n\r\n",
        `\r\nHost: b\r\n${upgrade}\r\n`,
      );
      match(await converse(origin, twice), /^HTTP\/1\.1 400 /);
    });
  }

  it("answer a slow request of a client that has half-closed", async () => {
    const { origin } = await startCompanyServer(await postgres.newDatabase());
    const body = JSON.stringify({ legalName: "A", businessNumber: "HRB 1" });
    const head = `POST /companies HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    const answer = await converse(origin, head + body);
    match(answer, /^HTTP\/1\.1 201 [^]*"HRB1"/);
    const front = await startFront("key", [
      await startReplica("slow", (incoming, response) => {
        incoming.resume().once("end", () => setTimeout(() => response.end("late"), 100));
      }),
    ]);
    match(await converse(front, head.replace("/companies", "/things") + body), / 200 OK[^]*late/);
    equal((await converse(front, get(["a"]))).split("\r\n\r\n").length, 2);
  });
});
