import { deepEqual, equal, ok } from "node:assert/strict";
import { WebSocket } from "ws";
import { hello, openRaw } from "../../support/documentFrames.ts";
import {
  newDocument,
  startDocumentServer,
  stopDocumentServers,
} from "../../drivers/documentServer.ts";
import { startEchoServer, stopEchoServers } from "../../support/echoServer.ts";
import { metric } from "../../drivers/metrics.ts";
import { usePostgres } from "../../drivers/postgres.ts";
import { connectRaw, endRawConnections } from "../../support/rawHttp.ts";
import { handshakeHeaders } from "../echo/soundEcho.ts";
import { waitFor } from "../../drivers/waitFor.ts";

/** Frames that a message may have. */
const MOST = 1024;

/** Paths of WebSockets: with SockJS' protocol, and without any. */
const PATHS = ["/echo/000/abc/websocket", "/echo/websocket"];

/** A WebSocket, and what its client has learnt so far. */
class Talk {
  readonly socket: WebSocket;
  readonly received: string[] = [];
  #closed: number | undefined;

  constructor(url: string) {
    this.socket = new WebSocket(url.replace("http", "ws"));
    this.socket.on("message", (data: Buffer) => this.received.push(data.toString()));
    this.socket.on("error", () => undefined);
    this.socket.on("close", (code) => (this.#closed = code));
  }

  static async open(url: string): Promise<Talk> {
    const talk = new Talk(url);
    talks.push(talk);
    await waitFor("it is open", () => talk.socket.readyState === WebSocket.OPEN);
    return talk;
  }

  /** The status of the close: SockJS sends its own in a last frame. */
  get closed(): number | undefined {
    const closeCode = /^c\[(\d+),/.exec(this.received.at(-1) ?? "")?.[1];
    return this.#closed && Number(closeCode ?? this.#closed);
  }

  /** Sends a message frame by frame, without its end. */
  fragments(count: number, part: string): void {
    for (let sent = 0; sent < count; sent++) {
      this.socket.send(part, { fin: false });
    }
  }

  async echoes(text: string): Promise<void> {
    await waitFor(`${text} is echoed`, () => this.received.some((each) => each.includes(text)));
  }
}

const talks: Talk[] = [];

describe("a WebSocket", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    talks.splice(0).forEach(({ socket }) => socket.terminate());
    endRawConnections();
    await stopEchoServers();
    await stopDocumentServers();
  });

  for (const path of PATHS) {
    const tooBig = path === PATHS[0] ? "c[4009," : "\x0f\xa9";
    const quoted = (text: string): string => (path === "/echo/websocket" ? text : `"${text}"`);

    for (const part of ["", " "]) {
      it(`accepts messages of at most ${MOST} frames of ${part.length} bytes at ${path}`, async () => {
        const { origin } = await startEchoServer({ maxMessageBytes: 2 * MOST });
        const talk = await Talk.open(origin + path);
        talk.fragments(MOST - 1, part);
        talk.socket.send(quoted("whole"));
        await talk.echoes("whole");
        talk.fragments(MOST + 1, part);
        await waitFor("it is closed", () => talk.closed !== undefined);
        equal(talk.closed, 4009);
        equal(await metric(origin, 'sockjs_refused_total{reason="message"}'), 1);
      });
    }

    it(`does not use more memory for a message of five million frames at ${path}`, async () => {
      const { origin } = await startEchoServer();
      const before = process.memoryUsage().rss;
      const raw = connectRaw(origin, `GET ${path} HTTP/1.1\r\n${handshakeHeaders({})}\r\n`);
      await waitFor("it is open", () => raw.received.startsWith("HTTP/1.1 101"));
      raw.socket.write(Buffer.from([0x01, 0x80, 0, 0, 0, 0]));
      const continuations = Buffer.concat(
        Array<Buffer>(100_000).fill(Buffer.from([0x00, 0x80, 0, 0, 0, 0])),
      );
      for (let sent = 0; sent < 50; sent++) {
        raw.socket.write(continuations);
      }
      await raw.closed;
      ok(raw.received.includes(tooBig), raw.received);
      const grown = (process.memoryUsage().rss - before) / 1e6;
      ok(grown < 300, `${grown} MB`);
    });

    it(`closes with 4009 if the frames of a message do not arrive in time at ${path}`, async () => {
      const { origin } = await startEchoServer({ messageSeconds: 0.5 });
      const idle = await Talk.open(origin + path);
      const talk = await Talk.open(origin + path);
      talk.fragments(1, " ");
      talk.socket.send(quoted("soon"));
      await talk.echoes("soon");
      talk.fragments(1, " ");
      await waitFor("it is closed", () => talk.closed !== undefined);
      equal(talk.closed, 4009);
      const raw = connectRaw(origin, `GET ${path} HTTP/1.1\r\n${handshakeHeaders({})}\r\n`);
      await waitFor("it is open", () => raw.received.startsWith("HTTP/1.1 101"));
      raw.socket.write(Buffer.from([0x81]));
      await raw.closed;
      ok(raw.received.includes(tooBig), raw.received);
      idle.socket.send(quoted("still here"));
      await idle.echoes("still here");
    });

    it(`answers pings, and closes with 4008 if there are too many, at ${path}`, async () => {
      const { origin } = await startEchoServer();
      const talk = await Talk.open(origin + path);
      let pongs = 0;
      talk.socket.on("pong", () => (pongs += 1));
      Array.from({ length: 40 }, () => talk.socket.ping());
      await waitFor("they are answered", () => pongs === 40);
      Array.from({ length: 100 }, () => talk.socket.ping());
      await waitFor("it is closed", () => talk.closed !== undefined);
      equal(talk.closed, 4008);
      equal(await metric(origin, 'sockjs_refused_total{reason="rate"}'), 1);
    });
  }

  it("closes with 4007 if a frame is binary in SockJS' protocol, or not UTF-8", async () => {
    const { origin } = await startEchoServer();
    for (const [path, said] of [
      [PATHS[0], Buffer.from('["text"]')],
      [PATHS[0], Buffer.from('["M\xfcller"]', "latin1")],
      [PATHS[1], Buffer.from("M\xfcller", "latin1")],
    ] as const) {
      const talk = await Talk.open(`${origin}${path}`);
      talk.socket.send(said);
      await waitFor("it is closed", () => talk.closed !== undefined);
      equal(talk.closed, 4007);
      deepEqual(
        talk.received.filter((each) => each.includes("ller")),
        [],
      );
    }
  });

  it(`accepts messages of at most ${MOST} frames from an editor, and uses no more memory for larger ones`, async () => {
    const { origin } = await startDocumentServer(await postgres.newDatabase());
    const id = await newDocument(origin);
    const raw = await openRaw(origin, id);
    const greeting = Buffer.from(hello(id));
    raw.socket.send(greeting.subarray(0, 1), { fin: false });
    for (let sent = 2; sent < MOST; sent++) {
      raw.socket.send(Buffer.alloc(0), { fin: false });
    }
    raw.socket.send(greeting.subarray(1));
    await waitFor("it is let in", () => raw.received.length > 1);
    for (let sent = 0; sent <= MOST; sent++) {
      raw.socket.send(Buffer.alloc(0), { fin: false });
    }
    await waitFor("it is closed", () => raw.closed !== undefined);
    equal(raw.closed?.code, 4009);
    equal(await metric(origin, 'document_refused_total{reason="frames"}'), 1);
  });
});
