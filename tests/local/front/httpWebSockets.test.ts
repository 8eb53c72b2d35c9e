import { deepEqual, equal } from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import {
  connectionsOf,
  converse,
  endFronts,
  kill,
  startFront,
  startReplica,
  type TestReplica,
} from "../../support/httpFront.ts";
import { waitFor } from "../../drivers/waitFor.ts";

const UPGRADE = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

describe("a WebSocket through the HTTP front", () => {
  afterEach(endFronts);

  async function startEcho(name: string): Promise<TestReplica> {
    const replica = await startReplica(name, (_incoming, response) => {
      response.writeHead(426, { "Content-Type": "text/plain" }).end("WebSockets only");
    });
    new WebSocketServer({ server: replica.server })
      .on("headers", (headers) => headers.push("Set-Cookie: app=1"))
      .on("connection", (socket) => {
        socket.on("message", (data: Buffer) => socket.send(`${name}: ${String(data)}`));
      });
    return replica;
  }

  it("carries messages to the replica of its cookie, and sets the front's cookie", async () => {
    const replicas = await Promise.all(["app-00001", "app-00002"].map(startEcho));
    const origin = await startFront("cookie", replicas);
    for (const { id, name } of [...replicas, ...replicas, ...replicas]) {
      const headers = { Cookie: `app=1; AWSALBAPP-0=${id}` };
      const socket = new WebSocket(origin, { headers });
      const opened = once(socket, "open");
      const [upgrade] = (await once(socket, "upgrade")) as [IncomingMessage];
      deepEqual(upgrade.headers["set-cookie"], [
        "app=1",
        `AWSALBAPP-0=${id}; Path=/; HttpOnly; SameSite=Lax`,
      ]);
      await opened;
      socket.send("hello");
      const [answer] = (await once(socket, "message")) as [Buffer];
      equal(String(answer), `${name}: hello`);
      socket.close();
      await once(socket, "close");
    }
  });

  it("ends when its replica is killed, and ends at the replica when the client is killed", async () => {
    const replica = await startEcho("app-00001");
    const origin = await startFront("none", [replica]);
    const client = new WebSocket(origin);
    await once(client, "open");
    equal(connectionsOf(replica), 1);
    client.terminate();
    await waitFor("the replica's end is closed", () => connectionsOf(replica) === 0);
    const other = new WebSocket(origin);
    await once(other, "open");
    const closed = once(other, "close");
    await kill(replica);
    await closed;
  });

  describe("one end of which does not close by itself", () => {
    /** A replica that upgrades, and leaves everything else to the test. */
    async function open(): Promise<{ replica: Socket; client: ReturnType<typeof converse> }> {
      const { server, ...replica } = await startReplica("app-00001");
      const upgraded = once(server, "upgrade") as Promise<[IncomingMessage, Socket]>;
      const client = converse(await startFront("none", [{ ...replica }]), UPGRADE);
      const [, socket] = await upgraded;
      socket.on("error", () => socket.destroy());
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n");
      socket.write("Upgrade: websocket\r\n\r\n");
      await waitFor("it is upgraded", () => client.heard().endsWith("\r\n\r\n"));
      return { replica: socket, client };
    }

    const isClosed = (socket: Socket) => () => {
      socket.write("frame");
      return socket.destroyed;
    };

    for (const how of ["resetAndDestroy", "destroy"] as const) {
      it(`is closed for the client on ${how} of the replica, without bytes that are no frame`, async () => {
        const { replica, client } = await open();
        const before = client.heard();
        replica[how]();
        await waitFor("it is closed", isClosed(client.socket));
        equal(client.heard(), before);
      });
    }

    it("is closed for the replica when the client disconnects", async () => {
      const { replica, client } = await open();
      client.socket.destroy();
      await waitFor("it is closed", isClosed(replica));
    });
  });

  it("is rejected with the replica's response, or with 503 if that breaks off", async () => {
    const [plain, broken] = [
      await startReplica("app-00001", (_incoming, response) => response.writeHead(404).end("none")),
      await startReplica("app-00002"),
    ];
    broken.server.on("upgrade", (_request, socket) => socket.destroy());
    const statusOf = async (replica: TestReplica): Promise<number | undefined> => {
      const socket = new WebSocket(await startFront("none", [replica]));
      const [, response] = (await once(socket, "unexpected-response")) as [
        unknown,
        IncomingMessage,
      ];
      return response.statusCode;
    };
    equal(await statusOf(plain), 404);
    equal(await statusOf(broken), 503);
  });
});
