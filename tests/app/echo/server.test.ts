import { deepEqual, equal, match, ok } from "node:assert/strict";
import { connect } from "node:net";
import SockJS from "sockjs-client";
import { WebSocket } from "ws";
import { TRANSPORTS } from "../../../verify/sockjs/transport.ts";
import { startEchoServer, stopEchoServers } from "../../support/echoServer.ts";
import { metric } from "../../drivers/metrics.ts";
import { echoOnce, openSession } from "../../support/sessions.ts";
import { waitFor } from "../../drivers/waitFor.ts";

describe("echo server", () => {
  afterEach(stopEchoServers);

  for (const transport of TRANSPORTS) {
    it(`echoes time, end of the replica's name and message on ${transport}`, async () => {
      const { url } = await startEchoServer();
      const before = Date.now();
      const [, time, echo] =
        /^(\S+?)(\(.*)$/su.exec(await echoOnce({ url, transport }, 'a "ü" \n \u2028')) ?? [];
      equal(echo, '(x2k9p): a "ü" \n \u2028');
      ok(Date.parse(time ?? "") >= before && Date.parse(time ?? "") <= Date.now());
    });

    it(`names the replica in every response on ${transport}`, async () => {
      const { url } = await startEchoServer();
      const replicas: unknown[] = [];
      await echoOnce({
        url,
        transport,
        onAnswer: ({ headers }) => replicas.push(headers["x-replica"]),
      });
      ok(replicas.length > 0);
      deepEqual([...new Set(replicas)], ["echo-7d9c5b7f4-x2k9p"]);
    });
  }

  for (const transport of ["websocket", "xhr-streaming", "xhr-polling"]) {
    it(`serves the published SockJS client on ${transport}`, async () => {
      const { url } = await startEchoServer();
      const client = new SockJS(url, undefined, { transports: [transport] });
      const echo = await new Promise<string>((resolve, reject) => {
        client.onopen = () => client.send("hello");
        client.onmessage = ({ data }) => resolve(data as string);
        client.onclose = ({ reason }) => reject(new Error(reason));
      });
      client.close();
      match(echo, /\(x2k9p\): hello$/);
    });
  }

  for (const path of ["/", "/healthz", "/readyz", "/echo/info", "/nothing", "/page.js"]) {
    it(`names the replica in the response to ${path}`, async () => {
      const { origin } = await startEchoServer();
      const { headers, status } = await fetch(origin + path);
      equal(headers.get("X-Replica"), "echo-7d9c5b7f4-x2k9p");
      equal(status, path === "/nothing" ? 404 : 200);
    });
  }

  it("lets iframes load the SockJS client from the app itself", async () => {
    const { origin, url } = await startEchoServer();
    const iframe = await (await fetch(`${url}/iframe.html`)).text();
    match(iframe, /<script src="\/sockjs\.min\.js"/);
    match(await (await fetch(`${origin}/sockjs.min.js`)).text(), /^\/\* sockjs-client v1\.6\.1 /);
  });

  it("rejects a WebSocket outside of its prefix instead of leaving it open", async () => {
    const { origin } = await startEchoServer();
    const socket = new WebSocket(`${origin.replace("http", "ws")}/elsewhere`);
    const [error] = await new Promise<[Error]>((resolve) =>
      socket.once("error", (...args) => resolve(args)),
    );
    match(error.message, /404/);
  });

  it("survives messages that are not strings, and binary frames", async () => {
    const { url } = await startEchoServer();
    const socket = new WebSocket(`${url.replace("http", "ws")}/000/abc/websocket`);
    const frames: string[] = [];
    socket.on("message", (data: Buffer) => frames.push(data.toString()));
    await new Promise((resolve) => socket.once("open", resolve));
    socket.send('[1,{"a":null},null,"last"]');
    await waitFor("all four are echoed", () => frames.length === 5);
    deepEqual(
      frames.slice(1).map((frame) => (JSON.parse(frame.slice(1)) as string[])[0]?.split("): ")[1]),
      ["1", '{"a":null}', "null", "last"],
    );
    socket.close();
    const raw = new WebSocket(`${url.replace("http", "ws")}/websocket`);
    await new Promise((resolve) => raw.once("open", resolve));
    const answer = new Promise<string>((resolve) =>
      raw.once("message", (data: Buffer) => resolve(data.toString())),
    );
    raw.send(Buffer.from("bytes"));
    match(await answer, /: bytes$/);
    raw.close();
  });

  describe("limits", () => {
    it("closes a session beyond the limit with 4013, stays ready and accepts one later", async () => {
      const { url, origin } = await startEchoServer({ maxSessions: 2 });
      const first = openSession({ url, transport: "websocket" });
      const second = openSession({ url, transport: "xhr-streaming" });
      await Promise.all([first.opened, second.opened]);
      const third = openSession({ url, transport: "websocket" });
      await third.ended;
      deepEqual(third.closed, { code: 4013, reason: "the replica already has 2 sessions" });
      equal((await fetch(`${origin}/readyz`)).status, 200);
      equal(await metric(origin, 'sockjs_refused_total{reason="sessions"}'), 1);
      first.session.close();
      const open = 'sockjs_sessions{transport="websocket"}';
      await waitFor("the first has gone", async () => (await metric(origin, open)) === 0);
      match(await echoOnce({ url, transport: "websocket" }), /: hello$/);
      second.session.close();
    });

    for (const transport of TRANSPORTS) {
      it(`closes a session with 4009 if a message is too large on ${transport}`, async () => {
        const { url } = await startEchoServer({ maxMessageBytes: 10 });
        const client = openSession({ url, transport });
        await client.opened;
        client.session.send("0123456789");
        await waitFor("ten bytes are echoed", () => client.messages.length === 1);
        client.session.send("üüüüüü");
        await client.ended;
        deepEqual(client.closed, { code: 4009, reason: "a message has 12 bytes; the limit is 10" });
      });
    }

    const LIMIT = 1024 * 1024 + 6 * 1000;

    it("answers 413 to an announced body that is too large", async () => {
      const { url } = await startEchoServer();
      const body = "x".repeat(LIMIT + 1);
      const response = await fetch(`${url}/000/abc/xhr_send`, { method: "POST", body });
      equal(response.status, 413);
      equal(await response.text(), `the body is larger than ${LIMIT} bytes\n`);
    });

    it("answers 413 to a chunked body that turns out too large", async () => {
      const { url } = await startEchoServer();
      const { hostname, port } = new URL(url);
      const socket = connect(Number(port), hostname);
      socket.on("error", () => undefined);
      const answer = new Promise<string>((resolve) =>
        socket.once("data", (data) => resolve(data.toString())),
      );
      socket.write(
        "POST /echo/000/abc/xhr_send HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
      );
      const chunk = "x".repeat(0x10000);
      for (let sent = 0; sent <= LIMIT; sent += chunk.length) {
        socket.write(`10000\r\n${chunk}\r\n`);
      }
      match(await answer, /^HTTP\/1\.1 413 /);
      socket.destroy();
    });
  });

  describe("metrics and logs", () => {
    it("counts sessions and messages by transport", async () => {
      const { url, origin } = await startEchoServer();
      const client = openSession({ url, transport: "xhr-polling" });
      await client.opened;
      client.session.send("one");
      client.session.send("two");
      await waitFor("both are echoed", () => client.messages.length === 2);
      await echoOnce({ url, transport: "websocket" });
      equal(await metric(origin, 'sockjs_sessions{transport="xhr-polling"}'), 1);
      equal(await metric(origin, 'sockjs_messages_total{transport="xhr-polling"}'), 2);
      equal(await metric(origin, 'sockjs_messages_total{transport="websocket"}'), 1);
      const aged = "sockjs_session_age_seconds_count";
      await waitFor("the WebSocket's age is kept", async () => (await metric(origin, aged)) === 1);
      client.session.close();
    });

    it("logs a session's id, but never its messages", async () => {
      const { url, log } = await startEchoServer();
      await echoOnce({ url, transport: "xhr-polling" }, "a secret");
      await waitFor("the session is logged", () => log.some((line) => line.includes("opened")));
      const opened = log.find((line) => line.includes("session opened")) ?? "";
      match((JSON.parse(opened) as { session: string }).session, /^[0-9a-f-]{36}$/);
      equal(
        log.some((line) => line.includes("secret")),
        false,
      );
    });
  });

  describe("drain", () => {
    it("stops being ready immediately, stays alive, and accepts sessions until the drain time is over", async () => {
      const { url, origin, server } = await startEchoServer({ drainSeconds: 0.7 });
      equal((await fetch(`${origin}/readyz`)).status, 200);
      const old = openSession({ url, transport: "websocket" });
      await old.opened;
      const drained = server.drain();
      const ready = await fetch(`${origin}/readyz`);
      deepEqual([ready.status, await ready.json()], [503, { status: "draining" }]);
      equal(ready.headers.get("Connection"), "keep-alive");
      equal((await fetch(`${origin}/healthz`)).status, 200);
      equal(await metric(origin, "app_drains_total"), 1);
      match(await echoOnce({ url, transport: "xhr-streaming" }), /: hello$/);
      old.session.send("still here");
      await waitFor("the old session is served", () => old.messages.length === 1);
      equal(old.closed, undefined);
      await drained;
      await old.ended;
      deepEqual(old.closed, { code: 4012, reason: "the replica is going away" });
      equal(server.http.listening, false);
    });

    it("closes sessions in small batches, including those that are opened meanwhile", async () => {
      const { url, server, origin } = await startEchoServer();
      const sessions = Array.from({ length: 25 }, () =>
        openSession({ url, transport: "websocket" }),
      );
      await Promise.all(sessions.map(({ opened }) => opened));
      const drained = server.drain();
      const closed = (): number => sessions.filter((each) => each.closed !== undefined).length;
      await waitFor("the first batch is closed", () => closed() > 0);
      const late = openSession({ url, transport: "websocket" });
      await late.ended;
      equal(late.closed?.code, 4012);
      equal((await fetch(`${origin}/readyz`)).headers.get("Connection"), "close");
      await drained;
      await waitFor("the others are closed, too", () => closed() === 25);
      deepEqual([...new Set(sessions.map((each) => each.closed?.code))], [4012]);
    });
  });
});
