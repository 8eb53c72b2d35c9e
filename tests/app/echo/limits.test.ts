import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { WebSocket } from "ws";
import { TRANSPORTS } from "../../../verify/sockjs/transport.ts";
import { startEchoServer, stopEchoServers } from "../../support/echoServer.ts";
import { metric } from "../../drivers/metrics.ts";
import {
  connectRaw,
  endRawConnections,
  statusOf,
  type RawConnection,
} from "../../support/rawHttp.ts";
import { echoOnce, openSession } from "../../support/sessions.ts";
import { waitFor } from "../../drivers/waitFor.ts";

const KIB = 1024;

/** Bytes of a body that a server takes with messages of 1,000 bytes, and of what may wait. */
const LIMIT = KIB * KIB + 6 * 1000;

const HANDSHAKE =
  "GET /echo/websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";

/** A text frame of a client, masked with zeros. */
function textFrame(text: string): Buffer {
  const head = Buffer.alloc(14);
  head.writeUInt8(0x81, 0);
  head.writeUInt8(0x80 | 127, 1);
  head.writeBigUInt64BE(BigInt(text.length), 2);
  return Buffer.concat([head, Buffer.from(text)]);
}

describe("the echo server under load", () => {
  afterEach(async () => {
    endRawConnections();
    await stopEchoServers();
  });

  for (const transport of TRANSPORTS) {
    it(`closes with 4008 only the session that exceeds the rate after a burst on ${transport}`, async () => {
      const { url, origin } = await startEchoServer({ maxMessagesPerSecond: 10 });
      const fast = openSession({ url, transport });
      const slow = openSession({ url, transport });
      await Promise.all([fast.opened, slow.opened]);
      for (let sent = 0; sent < 20; sent++) {
        fast.session.send("x");
      }
      await waitFor("the burst is echoed", () => fast.messages.length === 20);
      for (let sent = 0; sent < 100; sent++) {
        fast.session.send("x");
      }
      await fast.ended;
      deepEqual(fast.closed, { code: 4008, reason: "more than 10 messages a second" });
      equal(await metric(origin, 'sockjs_refused_total{reason="rate"}'), 1);
      slow.session.send("x");
      await waitFor("the other goes on", () => slow.messages.length === 1);
      equal(slow.closed, undefined);
      slow.session.close();
    });
  }

  it("echoes no message of a list after the one that closes the session", async () => {
    for (const said of [
      [JSON.stringify(["x".repeat(1001), "y", "y"])],
      [JSON.stringify(Array(50).fill("y"))],
    ]) {
      const { url, origin } = await startEchoServer({ maxMessagesPerSecond: 10 });
      const client = openSession({ url, transport: "xhr-streaming" });
      await client.opened;
      const socket = new WebSocket(`${url.replace("http", "ws")}/000/abc/websocket`);
      const frames: string[] = [];
      socket.on("message", (data: Buffer) => frames.push(data.toString()));
      await new Promise((resolve) => socket.once("open", resolve));
      said.forEach((each) => socket.send(each));
      await waitFor("it is closed", () => socket.readyState === WebSocket.CLOSED);
      equal(frames.filter((each) => each.startsWith("c[40")).length, 1);
      const echoed = 'sockjs_messages_total{transport="websocket"}';
      ok(((await metric(origin, echoed)) ?? 0) <= 20);
      equal(
        frames.some((each) => each.includes(": y") && said[0]?.includes("xxx")),
        false,
      );
      client.session.close();
      await stopEchoServers();
    }
  });

  it("closes with 4014 a session that sends but does not poll, which the next poll reports", async () => {
    const { url, origin } = await startEchoServer();
    const session = `${url}/000/abc`;
    const poll = async (): Promise<string> =>
      (await request(`${session}/xhr`, { method: "POST" })).body.text();
    equal(await poll(), "o\n");
    const body = JSON.stringify(Array(500).fill("x".repeat(990)));
    for (let sent = 0; sent < 3; sent++) {
      const answer = await request(`${session}/xhr_send`, { method: "POST", body });
      equal(answer.statusCode, 204);
    }
    equal(await metric(origin, 'sockjs_refused_total{reason="slow"}'), 1);
    ok((await poll()).length < LIMIT + 100 * KIB);
    equal(await poll(), `c[4014,"more than ${LIMIT} bytes wait to be read"]\n`);
    await waitFor("it is gone", async () => (await metric(origin, OPEN_POLLING)) === 0);
  });

  it("stops reading from a WebSocket that reads nothing, so the bytes that wait for it are limited", async () => {
    const { origin, server } = await startEchoServer({ maxMessagesPerSecond: 100_000 });
    const near = new Promise<Socket>((resolve) => server.http.once("connection", resolve));
    const raw = connectRaw(origin, HANDSHAKE);
    const socket = await near;
    await waitFor("it is open", () => raw.received.startsWith("HTTP/1.1 101"));
    raw.socket.pause();
    const frames = Buffer.concat(Array<Buffer>(1000).fill(textFrame("x".repeat(990))));
    for (let sent = 0; sent < 20; sent++) {
      raw.socket.write(frames);
    }
    await waitFor("the server reads no more", () => socket.writableNeedDrain);
    let most = 0;
    for (let look = 0; look < 20; look++) {
      most = Math.max(most, socket.writableLength);
      await sleep(20);
    }
    ok(raw.socket.writableLength > 5_000_000, "what was sent does not get in");
    ok(most > 0 && most <= LIMIT, String(most));
    match(await echoOnce({ url: `${origin}/echo`, transport: "websocket" }), /: hello$/);
    raw.socket.destroy();
    const open = 'sockjs_sessions{transport="websocket-raw"}';
    await waitFor("it is gone", async () => (await metric(origin, open)) === 0);
  });

  it("closes a stream that is not read, after at most one response of bytes", async () => {
    const { url, origin, server } = await startEchoServer();
    const near = new Promise<Socket>((resolve) => server.http.once("connection", resolve));
    const raw = connectRaw(
      origin,
      "POST /echo/000/abc/xhr_streaming HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
    );
    const socket = await near;
    await waitFor("it is open", () => raw.received.includes("o\n"));
    raw.socket.pause();
    const body = JSON.stringify(Array(100).fill("x".repeat(990)));
    for (let sent = 0; sent < 30; sent++) {
      await request(`${url}/000/abc/xhr_send`, { method: "POST", body });
    }
    ok(socket.writableLength <= 2 * LIMIT);
    equal(await metric(origin, 'sockjs_refused_total{reason="slow"}'), 1);
  });

  it("disconnects a WebSocket that does not read, because it would not read a close frame, either", async () => {
    const { origin, server } = await startEchoServer({ maxMessagesPerSecond: 100_000 });
    const near = new Promise<Socket>((resolve) => server.http.once("connection", resolve));
    const raw = connectRaw(origin, HANDSHAKE.replace("/echo/", "/echo/000/abc/"));
    const socket = await near;
    await waitFor("it is open", () => raw.received.startsWith("HTTP/1.1 101"));
    raw.socket.pause();
    // Messages in a list are echoed all at once, however much waits already.
    const list = textFrame(JSON.stringify(Array(180_000).fill(1)));
    raw.socket.write(list);
    // Below the time that the library waits for a close frame.
    await waitFor("it is disconnected", () => socket.destroyed, 20);
    equal(await metric(origin, 'sockjs_refused_total{reason="slow"}'), 1);
  });

  it("closes 2,000 connections that send nothing or too little, and serves others meanwhile", async () => {
    const { origin, url, server } = await startEchoServer({ headSeconds: 1 });
    const { http } = server;
    const { headersTimeout } = http;
    // None is to end before all are open, however long that takes.
    http.headersTimeout = 600_000;
    let accepted = 0;
    http.on("connection", () => (accepted += 1));
    const said = ["", "GET / HT", "GET / HTTP/1.1\r\nHost: a\r\nX: "];
    const raws: RawConnection[] = [];
    while (raws.length < 2000) {
      // No more at once than may wait to be accepted.
      for (let count = 0; count < 250; count++) {
        raws.push(connectRaw(origin, said[count % said.length]));
      }
      await waitFor("they are accepted", () => accepted >= raws.length);
    }
    ok((await connectionsOf(http)) >= 2000);
    equal((await fetch(`${origin}/readyz`)).status, 200);
    match(await echoOnce({ url, transport: "xhr-polling" }), /: hello$/);
    http.headersTimeout = headersTimeout;
    const slow = connectRaw(origin, "GET / HTTP/1.1\r\n");
    const drip = setInterval(() => slow.socket.write("X: x\r\n"), 100);
    await Promise.all([...raws, slow].map(({ closed }) => closed));
    clearInterval(drip);
    deepEqual([...new Set([...raws, slow].map(statusOf))], [408]);
    equal((await fetch(`${origin}/readyz`)).status, 200);
  });

  it("closes a connection whose body does not arrive", async () => {
    const { origin } = await startEchoServer({ headSeconds: 1, requestSeconds: 1 });
    const raw = connectRaw(origin, POST_BEGUN);
    await raw.closed;
    equal(statusOf(raw), 408);
  });

  it("answers 431, 413 or 400 to a flood, and closes its connection", async () => {
    const { origin } = await startEchoServer();
    const line = `X-Y: ${"x".repeat(1000)}\r\n`;
    const post = "POST /echo/000/abc/xhr_send HTTP/1.1\r\nHost: a\r\n";
    const chunked = `${post}Transfer-Encoding: chunked\r\n\r\n`;
    for (const [said, status] of [
      [`GET / HTTP/1.1\r\nHost: a\r\n${line.repeat(20)}\r\n`, 431],
      [`GET /${"x".repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431],
      [`${post}Content-Length: ${LIMIT + 1}\r\n\r\n${"x".repeat(LIMIT + 1)}`, 413],
      [`${chunked}100000\r\n${"x".repeat(KIB * KIB)}\r\n100000\r\n${"x".repeat(KIB * KIB)}`, 413],
      [`${chunked}1;${"x".repeat(20_000)}\r\nx\r\n`, 413],
      [`${post}Content-Length: -1\r\n\r\n`, 400],
      [`${post}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
    ] as const) {
      const raw = connectRaw(origin, said);
      await raw.closed;
      equal(statusOf(raw), status, said.slice(0, 100));
    }
    equal((await fetch(`${origin}/readyz`)).status, 200);
  });

  it("reads a body of the maximum size that arrives byte by byte, once", async () => {
    const { origin, url } = await startEchoServer();
    // Sessions of a process are found by their name, whichever server has them: this one has a name of its own.
    equal(await (await request(`${url}/000/full/xhr`, { method: "POST" })).body.text(), "o\n");
    const body = JSON.stringify(["x".repeat(900), ...Array<string>(100).fill("y")]);
    const parts = body.replaceAll(/./g, "1\r\n$&\r\n");
    const rest = " ".repeat(LIMIT - body.length);
    const raw = connectRaw(
      origin,
      `POST /echo/000/full/xhr_send HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${parts}${rest.length.toString(16)}\r\n${rest}\r\n0\r\n\r\n`,
    );
    await waitFor("it is answered", () => raw.received !== "");
    equal(statusOf(raw), 204);
    equal(await metric(origin, 'sockjs_messages_total{transport="xhr-polling"}'), 101);
  });
});

const OPEN_POLLING = 'sockjs_sessions{transport="xhr-polling"}';
const POST_BEGUN =
  "POST /echo/000/abc/xhr_send HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n[";

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
}
