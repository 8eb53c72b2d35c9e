import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Socket } from "node:net";
import {
  connectionsOf,
  converse,
  endFronts,
  ROUTING,
  send,
  startFront,
  startReplica,
} from "../../support/httpFront.ts";
import { waitFor } from "../../drivers/waitFor.ts";

const KEYED = "POST /things HTTP/1.1\r\nHost: a\r\n";
const CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";

/** A GET request with headers. */
const get = (...headers: string[]): string =>
  ["GET / HTTP/1.1", "Host: a", ...headers, "", ""].join("\r\n");

/** As many bytes of headers, the host's among them. */
const headersOf = (bytes: number): string => get(`X: ${"x".repeat(bytes - 14)}`);

const urlOf = (bytes: number): string =>
  `GET ${"/".padEnd(bytes, "x")} HTTP/1.1\r\nHost: a\r\n\r\n`;

const REFUSED: Record<string, [number, string]> = {
  "bytes that are no HTTP": [400, "\x00\x16\x03\x01garbage\r\n\r\n"],
  "a method that there is not": [400, "BREW / HTTP/1.1\r\nHost: a\r\n\r\n"],
  "no host": [400, "GET / HTTP/1.1\r\n\r\n"],
  "two lengths at once": [
    400,
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n${CHUNKED}0\r\n\r\n`,
  ],
  "a wish for a tunnel": [400, "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"],
  "a chunk without a size": [400, `${KEYED}${CHUNKED}size\r\n`],
  "a body beyond 32 KiB in one chunk": [413, `${KEYED}${CHUNKED}8001\r\n${"x".repeat(32_769)}`],
  "a chunk's extension without an end": [413, `${KEYED}${CHUNKED}1;${"x".repeat(20_000)}`],
  "a target beyond 4 KiB": [414, urlOf(4097)],
  "headers beyond 8 KiB": [431, headersOf(8193)],
  "headers beyond 8 KiB, of an upgrade": [
    431,
    get("Connection: Upgrade", "Upgrade: websocket", `X: ${"x".repeat(8200)}`),
  ],
  "more headers than are counted": [431, get(...Array.from({ length: 2500 }, () => "a:"))],
  "headers beyond all that is read": [431, headersOf(1_000_000)],
};

describe("the HTTP front under floods", () => {
  afterEach(endFronts);

  /** What was received on a connection until the front closed it. */
  async function heardUntilClosed({ socket, heard }: ReturnType<typeof converse>): Promise<string> {
    await waitFor("it is closed", () => socket.readableEnded || socket.destroyed);
    socket.destroy();
    return heard();
  }

  it("forwards requests of the maximum size", async () => {
    const replica = await startReplica("app-00001", (_request, response) => response.end("served"));
    const origin = await startFront("key", [replica]);
    for (const bytes of [headersOf(8192), urlOf(4096)]) {
      const { heard } = converse(origin, bytes);
      await waitFor("it is served", () => heard().endsWith("served"));
    }
  });

  for (const [what, [status, bytes]] of Object.entries(REFUSED)) {
    it(`rejects ${what} with ${status} itself, and serves other clients`, async () => {
      const replica = await startReplica("app-00001");
      const origin = await startFront("key", [replica]);
      const { heard, socket } = converse(origin, bytes);
      await waitFor("it is answered", () => heard().endsWith("}"));
      match(heard(), new RegExp(`^HTTP/1.1 ${status} [^]*"status":${status},"detail":"[^"]+"}$`));
      match(heard(), /\r\nContent-Type: application\/problem\+json\r\n/);
      deepEqual(replica.requests, []);
      equal((await send(origin)).status, 200);
      socket.destroy();
    });
  }

  const endless: Record<string, [string, string]> = {
    headers: ["GET / HTTP/1.1\r\nHost: a\r\n", `X: ${"x".repeat(1000)}\r\n`],
    "a keyed body": [KEYED + CHUNKED, `400\r\n${"x".repeat(1024)}\r\n`],
  };
  for (const [what, [head, piece]] of Object.entries(endless)) {
    it(`cuts ${what} off that never end, while the client keeps sending`, async () => {
      const replica = await startReplica("app-00001");
      const client = converse(await startFront("key", [replica]), head);
      const flood = setInterval(() => client.socket.write(piece.repeat(10)), 5);
      const heard = await heardUntilClosed(client);
      clearInterval(flood);
      match(heard, /^HTTP\/1.1 (431|413) /);
      deepEqual(replica.requests, []);
    });
  }

  it("rejects headers and keyed bodies that arrive drop by drop with 408, and serves other clients", async () => {
    const replica = await startReplica("app-00001");
    const origin = await startFront("key", [replica], { requestMs: 500 });
    const heads = ["GET / HTTP/1.1\r\nX: ", `${KEYED}Content-Length: 30000\r\n\r\n`];
    const clients = heads.flatMap((head) =>
      Array.from({ length: 20 }, () => converse(origin, head)),
    );
    const drops = setInterval(() => clients.forEach(({ socket }) => socket.write("x")), 20);
    equal((await send(origin)).status, 200);
    const heard = await Promise.all(clients.map(heardUntilClosed));
    clearInterval(drops);
    heard.forEach((answer) => match(answer, /^HTTP\/1.1 408 Request Timeout\r\n[^]*"status":408,/));
    equal(replica.requests.length, 1);
  });

  it("answers a request whose replica is silent, and an upgrade by another method than GET", async () => {
    const replica = await startReplica("app-00001", ({ method }, response) => {
      if (method === "POST") {
        response.end("served");
      }
    });
    const routing = { ...ROUTING, idleTimeoutSeconds: 0.3 };
    const origin = await startFront("none", [replica], { routing });
    equal((await send(origin)).status, 504);
    const headers = { Connection: "Upgrade", Upgrade: "websocket" };
    equal((await send(origin, { method: "POST", headers }, "hello")).body, "served");
  });

  it("cuts off a stalled body without a key, for the replica as well", async () => {
    const replica = await startReplica("app-00001", (request) => void request.resume());
    const routing = { ...ROUTING, idleTimeoutSeconds: 0.5 };
    const origin = await startFront("key", [replica], { routing });
    const client = converse(origin, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf");
    await heardUntilClosed(client);
    equal(replica.requests.length, 1);
    await waitFor("the replica knows", () => connectionsOf(replica) === 0);
  });

  describe("of requests on one connection before the first is answered", () => {
    it("forwards one at a time, and responds in order", async () => {
      let most = 0;
      const replica = await startReplica("app-00001", ({ url }, response) => {
        most = Math.max(most, connectionsOf(replica));
        setTimeout(() => response.end(`<${url}>`), 2);
      });
      const paths = Array.from({ length: 64 }, (_, index) => `/${index}`);
      const bytes = paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      const { heard, socket } = converse(await startFront("none", [replica]), bytes.join(""));
      await waitFor("all are answered", () => heard().endsWith("</63>"));
      deepEqual(
        [...heard().matchAll(/<(.*)>/g)].map(([, path]) => path),
        paths,
      );
      ok(most <= 2, `${most} connections`);
      socket.destroy();
    });

    it("closes the connection if there are too many, and serves other clients", async () => {
      const replica = await startReplica("app-00001", ({ url }, response) => {
        if (url !== "/held") {
          response.end();
        }
      });
      const origin = await startFront("none", [replica]);
      const client = converse(origin, get().replace("/", "/held") + get().repeat(5000));
      equal(await heardUntilClosed(client), "");
      ok(replica.requests.length <= 1);
      equal((await send(origin)).status, 200);
      await waitFor("nothing is left of it", () => connectionsOf(replica) === 0);
    });

    for (const [what, bytes] of Object.entries({
      "no request": "garbage\r\n\r\n",
      "an upgrade": get("Connection: Upgrade", "Upgrade: websocket"),
    })) {
      it(`closes the connection if ${what} follows, whose response could be taken for theirs`, async () => {
        const held: Socket[] = [];
        const replica = await startReplica("app-00001", ({ socket }) => void held.push(socket));
        const origin = await startFront("none", [replica]);
        const client = converse(origin, get());
        await waitFor("the first is there", () => held.length === 1);
        client.socket.write(bytes);
        equal(await heardUntilClosed(client), "");
        await waitFor("the replica knows", () => connectionsOf(replica) === 0);
        equal(replica.requests.length, 1);
      });
    }
  });
});
