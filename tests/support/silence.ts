import { deepEqual } from "node:assert/strict";
import type { RequestListener, Server } from "node:http";
import type { Socket } from "node:net";
import { waitFor } from "../drivers/waitFor.ts";
import { converse } from "./httpFront.ts";

const UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\n";

/** RFC 6455, 1.3 has this answer to the key that is asked with. */
const UPGRADED = `HTTP/1.1 101 Switching Protocols\r\n${UPGRADE}Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n`;

const HEAD = "HTTP/1.1\r\nHost: a\r\n";

/** Requests whose responses are silent until the app says something, each on a connection of its own. */
const REQUESTS = {
  "an event stream": `GET /events ${HEAD}Connection: close\r\n\r\n`,
  "a long poll": `GET /poll ${HEAD}Connection: close\r\n\r\n`,
  "a WebSocket": `GET /socket ${HEAD}${UPGRADE}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
};

/** An app that says nothing until it is awakened. */
export class SilentApp {
  readonly #wake: (() => void)[] = [];

  /** How many streams, long polls and WebSockets it has. */
  get size(): number {
    return this.#wake.length;
  }

  readonly handle: RequestListener = ({ url }, response) => {
    if (url === "/events") {
      response.writeHead(200, { "Content-Type": "text/event-stream" }).write(": begun\n\n");
    }
    this.#wake.push(() => response.end("awake"));
  };

  addWebSockets(server: Server): void {
    server.on("upgrade", (_request, socket: Socket) => {
      socket.on("error", () => socket.destroy());
      socket.write(UPGRADED);
      this.#wake.push(() => socket.write("awake"));
    });
  }

  wake(): void {
    this.#wake.splice(0).forEach((each) => each());
  }
}

/**
 * Fails unless one load balancer cuts silent event streams, long polls and WebSockets, while those of another one live
 * that has a longer idle timeout.
 */
export async function proveIdleTimeouts(
  app: SilentApp,
  { strict, patient }: { strict: string; patient: string },
): Promise<void> {
  const kept = await listen(app, patient);
  const cut = await listen(app, strict);
  for (const { what, isCut } of cut) {
    await waitFor(`${what} is cut`, isCut);
  }
  deepEqual(
    cut.map(({ status }) => status()),
    ["200", "504", "101"],
  );
  app.wake();
  for (const { what, isAwake } of kept) {
    await waitFor(`${what} lives`, isAwake);
  }
  [...kept, ...cut].forEach(({ socket }) => socket.destroy());
}

/** Opens an event stream, a long poll and a WebSocket, which the app then has. */
async function listen(app: SilentApp, origin: string) {
  const size = app.size + Object.keys(REQUESTS).length;
  const listening = Object.entries(REQUESTS).map(([what, request]) => {
    const { socket, heard } = converse(origin, request);
    const isAwake = (): boolean => heard().includes("awake");
    const isCut = (): boolean => !isAwake() && (socket.readableEnded || socket.destroyed);
    return { what, isAwake, isCut, status: () => heard().slice(9, 12), socket };
  });
  await waitFor("the app has them all", () => app.size === size);
  return listening;
}
