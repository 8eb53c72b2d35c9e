import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Agent, request, type IncomingMessage } from "node:http";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import {
  converse,
  endFronts,
  send,
  startFront,
  startReplica,
  type TestReplica,
} from "../../support/httpFront.ts";
import { waitFor } from "../../drivers/waitFor.ts";

const TOO_LARGE = Buffer.alloc(40_000, "x");

/** A replica that answers what it got: the request's line, headers and body. */
function startMirror(name = "app-00001"): Promise<TestReplica> {
  return startReplica(name, (incoming, response) => {
    void text(incoming).then((body) => {
      const { method, url, headers } = incoming;
      response.setHeader("X-App", "mirror");
      response.end(JSON.stringify({ method, url, headers, body }));
    });
  });
}

interface Mirrored {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

describe("the HTTP front forwards", () => {
  afterEach(endFronts);

  async function mirrored(...args: Parameters<typeof send>): Promise<Mirrored> {
    const [path, options, body] = args;
    const origin = await startFront("none", [await startMirror()]);
    return JSON.parse((await send(origin, { ...options, path }, body)).body) as Mirrored;
  }

  it("method, path, query, host and headers unchanged", async () => {
    const headers = { Host: "a.example", "X-Own": "ä", Cookie: "a=1" };
    const got = await mirrored("//a/../%2e/b?c=%20&d?", { method: "PATCH", headers }, "body");
    deepEqual([got.method, got.url, got.body], ["PATCH", "//a/../%2e/b?c=%20&d?", "body"]);
    deepEqual([got.headers.host, got.headers.cookie], ["a.example", "a=1"]);
  });

  it("the client's address, the scheme and the host, as load balancers do", async () => {
    const headers = { "X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https" };
    const got = await mirrored("/", { headers });
    equal(got.headers["x-forwarded-for"], "192.0.2.1, 127.0.0.1");
    equal(got.headers["x-forwarded-proto"], "http");
    match(got.headers["x-forwarded-port"] ?? "", /^\d+$/);
  });

  it("no hop-by-hop headers of the client", async () => {
    const headers = {
      Connection: "keep-alive, Upgrade, TE",
      "Keep-Alive": "timeout=9",
      "Proxy-Connection": "x",
      TE: "trailers",
      Upgrade: "h2c",
    };
    const got = await mirrored("/", { headers });
    equal(got.headers.connection, "close");
    deepEqual(
      ["keep-alive", "proxy-connection", "te", "upgrade"].filter((name) => name in got.headers),
      [],
    );
  });

  it("bodies with and without a length, also of DELETE", async () => {
    for (const method of ["POST", "DELETE"]) {
      const chunked = { method, headers: { "Transfer-Encoding": "chunked" } };
      equal((await mirrored("/", chunked, "hello")).body, "hello");
      equal(
        (await mirrored("/", { method, headers: { "Content-Length": 5 } }, "hello")).body,
        "hello",
      );
    }
  });

  it("a request with an absolute-form target, with its path unchanged", async () => {
    const origin = await startFront("none", [await startMirror()]);
    const { heard } = converse(origin, "GET HTTP://a.example/../%2e//b?c/.. HTTP/1.0\r\n\r\n");
    await waitFor("it is answered", () => heard().includes('"url":"/../%2e//b?c/.."'));
  });

  it("all headers of one name, and all cookies", async () => {
    const replica = await startReplica("app-00001", ({ headersDistinct }, response) =>
      response.end(JSON.stringify(headersDistinct)),
    );
    const origin = await startFront("none", [replica]);
    const headers = {
      "X-Own": ["a, b", "", "c"],
      "User-Agent": ["d", "e"],
      Cookie: ["f=1", "g=2"],
    };
    const got = JSON.parse((await send(origin, { headers })).body) as Record<string, string[]>;
    deepEqual(got["x-own"], ["a, b", "", "c"]);
    deepEqual(got["user-agent"], ["d", "e"]);
    deepEqual(got.cookie, ["f=1; g=2"]);
  });

  it("the response to HEAD, with its length and without a body", async () => {
    const replica = await startReplica("app-00001", (_incoming, response) =>
      response.writeHead(200, { "Content-Length": 7 }).end(),
    );
    const origin = await startFront("none", [replica]);
    const { status, headers, body } = await send(origin, { method: "HEAD" });
    deepEqual([status, headers["content-length"], body], [200, "7", ""]);
  });

  it("several response headers of one name, and no hop-by-hop headers of the replica", async () => {
    const replica = await startReplica("app-00001", (_incoming, response) => {
      response.setHeader("Set-Cookie", ["a=1", "b=2"]).setHeader("Connection", "close").end();
    });
    const agent = new Agent({ keepAlive: true });
    const { headers } = await send(await startFront("none", [replica]), { agent });
    agent.destroy();
    deepEqual(headers["set-cookie"], ["a=1", "b=2"]);
    equal(headers.connection, "keep-alive");
  });

  it("one request after the other on a connection, each to its replica", async () => {
    const replicas = await Promise.all([startMirror("app-00001"), startMirror("app-00002")]);
    const origin = await startFront("key", replicas);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let number = 0; number < 20; number++) {
      await send(`${origin}/things/${number}`, { agent });
    }
    equal(Object.values(agent.freeSockets).flat().length, 1);
    ok(replicas.every(({ requests }) => requests.length > 0));
    agent.destroy();
  });

  it("an early response, and the next request on the same connection although the upload continued", async () => {
    const replica = await startReplica("app-00001", ({ url }, response) =>
      response.writeHead(url === "/early" ? 409 : 200, { Connection: "close" }).end("answer"),
    );
    const origin = await startFront("none", [replica]);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const early = request(`${origin}/early`, { agent, method: "POST" });
    early.write(TOO_LARGE);
    const [response] = (await once(early, "response")) as [IncomingMessage];
    equal(response.statusCode, 409);
    equal(await text(response), "answer");
    early.end(Buffer.alloc(1_000_000));
    equal((await send(origin, { agent })).status, 200);
    agent.destroy();
  });

  it("a keyed body, which it reads itself, of clients that expect 100 Continue", async () => {
    const origin = await startFront("key", [await startMirror()]);
    const { socket, heard } = converse(
      origin,
      "POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n",
    );
    await waitFor("it is let in", () => heard() === "HTTP/1.1 100 Continue\r\n\r\n");
    socket.write("body");
    await waitFor("it is answered", () => heard().includes('"body":"body"'));
  });

  it("a body only after 100 Continue if the client expects it, and the client's disconnect", async () => {
    let isAborted = false;
    const replica = await startReplica("app-00001", (incoming) => {
      incoming.resume().once("error", () => (isAborted = true));
    });
    const origin = await startFront("none", [replica]);
    const { socket, heard } = converse(
      origin,
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n",
    );
    await waitFor("it is let in", () => heard() === "HTTP/1.1 100 Continue\r\n\r\n");
    socket.write("half");
    await waitFor("the replica has it", () => replica.requests.length === 1);
    socket.destroy();
    await waitFor("the replica knows", () => isAborted);
  });
});

describe("the HTTP front rejects", () => {
  afterEach(endFronts);

  it("a keyed body above 32 KiB with 413 by its announced length", async () => {
    const replica = await startMirror();
    const origin = await startFront("key", [replica]);
    const { heard } = converse(
      origin,
      "POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 32769\r\nExpect: 100-continue\r\n\r\n",
    );
    await waitFor("it is refused", () => heard().endsWith("}"));
    match(
      heard(),
      /^HTTP\/1\.1 413 Payload Too Large\r\n[^]*"detail":"the body is larger than 32768 bytes"/,
    );
    equal(replica.requests.length, 0);
  });

  it("a keyed body above 32 KiB with 413 by its actual length, although clients send all of it", async () => {
    const replica = await startMirror();
    const origin = await startFront("key", [replica]);
    for (const bytes of [TOO_LARGE, Buffer.alloc(5_000_000)]) {
      const options = { method: "POST", headers: { "Transfer-Encoding": "chunked" } };
      const { status, headers } = await send(`${origin}/things`, options, bytes);
      deepEqual([status, headers["content-type"]], [413, "application/problem+json"]);
    }
    equal(replica.requests.length, 0);
  });

  it("neither a large body without a key nor a keyed body of exactly 32 KiB", async () => {
    const origin = await startFront("key", [await startMirror()]);
    equal((await send(`${origin}/other`, { method: "POST" }, TOO_LARGE)).status, 200);
    const body = TOO_LARGE.subarray(0, 32_768);
    equal((await send(`${origin}/things`, { method: "POST" }, body)).status, 200);
  });

  for (const target of [
    "http://[/",
    "http://a.example",
    "http://a.example?/b",
    "http:///b",
    "ftp://a.example/b",
    "*b",
    "/b#c",
    "/b?c#d",
    "/\u00fc",
  ]) {
    it(`the target ${target} with 400`, async () => {
      const replica = await startMirror();
      const origin = await startFront("none", [replica]);
      const { heard } = converse(origin, `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
      await waitFor("it is refused", () => heard().startsWith("HTTP/1.1 400 Bad Request\r\n"));
      deepEqual(replica.requests, []);
    });
  }
});
