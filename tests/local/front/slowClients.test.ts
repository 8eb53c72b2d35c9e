import { equal, ok } from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import {
  connectionsOf,
  converse,
  endFronts,
  kill,
  ROUTING,
  send,
  startFront,
  startReplica,
  type TestReplica,
} from "../../support/httpFront.ts";
import { waitFor } from "../../drivers/waitFor.ts";

/** Far more than the system holds for two connections. */
const BYTES = 256 * 1024 * 1024;

const PIECE = Buffer.alloc(64 * 1024, "x");

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const UPGRADE = GET.replace("\r\n\r\n", "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
const UPGRADED =
  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

/** Writes as long as it is taken. */
function pour(into: Writable): { written: () => number } {
  let written = 0;
  const write = (): void => {
    while (written < BYTES && !into.destroyed) {
      written += PIECE.length;
      if (!into.write(PIECE)) {
        into.once("drain", write);
        return;
      }
    }
  };
  into.on("error", () => undefined);
  write();
  return { written: () => written };
}

/** Waits until no more is taken; how much was. */
async function stalled({ written }: ReturnType<typeof pour>): Promise<number> {
  let before = -1;
  await waitFor("no more is taken", async () => {
    before = written();
    await sleep(300);
    return before > 0 && written() === before;
  });
  return before;
}

const bytesOf = (count: number): string => `${Math.round(count / 1024 / 1024)} MiB`;

/** A client that has asked for something and does not read. */
async function ask(origin: string, request: string): Promise<Socket> {
  const { socket } = converse(origin, request);
  socket.removeAllListeners("data").pause();
  await once(socket, "connect");
  return socket;
}

/** Reads all that there is; how many bytes. */
async function readAll(socket: Socket): Promise<number> {
  let bytes = 0;
  socket.on("data", (data: Buffer) => (bytes += data.length)).resume();
  await waitFor("all is read", () => bytes >= BYTES);
  return bytes;
}

describe("the HTTP front between a fast and a slow side", () => {
  afterEach(endFronts);

  let pouring: ReturnType<typeof pour>[] = [];

  beforeEach(() => (pouring = []));

  /** A replica that pours out whatever it is asked for, by an answer or by a WebSocket; but not at `/small`. */
  async function startPourer(): Promise<TestReplica> {
    const replica = await startReplica("app-00001", ({ url }, response: ServerResponse) => {
      if (url === "/small") {
        response.end("small");
      } else {
        pouring.push(pour(response));
      }
    });
    replica.server.on("upgrade", (_request: IncomingMessage, socket: Socket) => {
      socket.write(UPGRADED);
      pouring.push(pour(socket));
    });
    return replica;
  }

  for (const [what, request] of Object.entries({ "an answer": GET, "a WebSocket": UPGRADE })) {
    it(`pauses the replica while a client does not read ${what}, serves others, and loses nothing`, async () => {
      const replica = await startPourer();
      const origin = await startFront("cookie", [replica]);
      const client = await ask(origin, request);
      await waitFor("it pours", () => pouring.length === 1);
      const [pourer] = pouring;
      ok(pourer);
      const taken = await stalled(pourer);
      ok(taken < BYTES / 2, `${bytesOf(taken)} were taken`);
      equal((await send(`${origin}/small`)).body, "small");
      ok((await readAll(client)) >= BYTES);
      client.destroy();
    });

    it(`closes both sides of a connection that is idle because its client does not read ${what}`, async () => {
      const replica = await startPourer();
      const routing = { ...ROUTING, idleTimeoutSeconds: 0.5 };
      const origin = await startFront("cookie", [replica], { routing });
      const clients = await Promise.all(Array.from({ length: 8 }, () => ask(origin, request)));
      await waitFor("they pour", () => pouring.length === 8);
      await waitFor("the replica is rid of them", () => connectionsOf(replica) === 0);
      // Unread, the end would not be seen.
      await Promise.all(
        clients.map(async (client) => {
          client.resume();
          await waitFor("it is closed", () => client.readableEnded || client.destroyed);
          client.destroy();
        }),
      );
    });
  }

  it("closes the connection of a client that sends but does not read, when its replica has closed it", async () => {
    const replica = await startPourer();
    const routing = { ...ROUTING, idleTimeoutSeconds: 0.5 };
    const origin = await startFront("cookie", [replica], { routing });
    const client = await ask(origin, UPGRADE);
    await waitFor("it pours", () => pouring.length === 1);
    await kill(replica);
    await waitFor("it is closed", () => {
      client.write("frame");
      return client.destroyed;
    });
  });

  it("pauses a client that sends to a replica that does not read, and serves others", async () => {
    const unread: IncomingMessage[] = [];
    const replica = await startReplica("app-00001", (request, response) => {
      if (request.url === "/small") {
        response.end("small");
      } else {
        unread.push(request);
      }
    });
    const origin = await startFront("cookie", [replica]);
    const client = await ask(
      origin,
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${BYTES}\r\n\r\n`,
    );
    const taken = await stalled(pour(client));
    ok(taken < BYTES / 2, `${bytesOf(taken)} were taken`);
    equal((await send(`${origin}/small`)).body, "small");
    client.destroy();
    unread.forEach((request) => request.resume());
    await waitFor("the replica knows", () => connectionsOf(replica) === 0);
  });
});
