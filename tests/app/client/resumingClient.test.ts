import { deepEqual, equal, ok } from "node:assert/strict";
import { mock } from "node:test";
import { startScripted as start } from "./scriptedSession.ts";

describe("resuming client", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"] }));
  afterEach(() => mock.timers.reset());

  it("sends messages that were given to it before the session was open, in order", () => {
    const { client, current } = start();
    client.send("one");
    client.send("two");
    equal(current().sent.length, 0);
    current().opens();
    deepEqual(
      current().sent.map((text) => text.replace(/^~\w+\./, "")),
      ["1 one", "2 two"],
    );
  });

  it("resends in the next session only the messages that were not echoed, in order", () => {
    const { client, current, sessions } = start();
    current().opens();
    ["one", "two", "three"].forEach((text) => client.send(text));
    const [first = "", second = "", third = ""] = current().sent;
    current().echoes(second);
    current().ends();
    mock.timers.tick(200);
    equal(sessions.length, 2);
    current().opens();
    deepEqual(current().sent, [first, third]);
    current().echoes(first, third);
    deepEqual(client.counts, {
      sent: 3,
      echoed: 3,
      doubled: 0,
      refused: 0,
      lost: 0,
      reconnects: 1,
    });
  });

  it("counts the first echo of its message, counts further ones as duplicates, and ignores those of others", () => {
    const { client, current, events } = start();
    current().opens();
    client.send("mine");
    const mine = current().text(0);
    current().echoes("~other1.1 mine", "no number", mine, mine);
    equal(client.counts.echoed, 1);
    equal(client.counts.doubled, 1);
    const echoes = events.filter(({ type }) => type === "echo");
    deepEqual(echoes, [{ type: "echo", text: "mine", replica: "x2k9p", milliseconds: 0 }]);
  });

  it("closes an interrupted session, ignores its events and opens another one", () => {
    const { client, current, sessions } = start();
    current().opens();
    const old = current();
    client.interrupt();
    equal(old.isClosed, true);
    deepEqual([old.onopen, old.onmessage, old.onclose], [null, null, null]);
    mock.timers.tick(200);
    equal(sessions.length, 2);
  });

  it("doubles its delay after each failure up to the limit, with jitter", () => {
    const { current, events } = start({ minDelayMs: 100, maxDelayMs: 1000 });
    for (let failure = 0; failure < 6; failure++) {
      current().ends();
      mock.timers.tick(1000);
    }
    const delays = events.flatMap((event) =>
      event.type === "closed" ? [event.retryInMs ?? 0] : [],
    );
    [100, 200, 400, 800, 1000, 1000].forEach((most, index) => {
      const delay = delays[index] ?? 0;
      ok(delay >= most / 2 && delay <= most, `retry ${index} after ${delay} ms`);
    });
    ok(new Set(delays.map((delay, index) => delay / 2 ** index)).size > 1);
  });

  it("keeps backing off from a server that opens sessions only to close them, until the server echoes", () => {
    const { client, current, events } = start({ minDelayMs: 100, maxDelayMs: 10_000 });
    for (let failure = 0; failure < 4; failure++) {
      current().opens();
      current().ends(4013, "full");
      mock.timers.tick(10_000);
    }
    current().opens();
    client.send("one");
    current().echoes(current().text(0));
    current().ends();
    const delays = events.flatMap((event) =>
      event.type === "closed" ? [event.retryInMs ?? 0] : [],
    );
    ok((delays[3] ?? 0) >= 400);
    ok((delays[4] ?? 0) <= 100);
  });

  it("gives up a session that does not answer, and one that does not open", () => {
    const { client, current, sessions, events } = start({ answerTimeoutMs: 3000 });
    current().opens();
    mock.timers.tick(60_000);
    equal(sessions.length, 1, "nothing was asked, so nothing is missing");
    client.send("one");
    mock.timers.tick(2999);
    equal(sessions.length, 1);
    mock.timers.tick(1);
    deepEqual(
      events.flatMap((event) => (event.type === "closed" ? [event.code] : [])),
      [4408],
    );
    mock.timers.tick(200);
    equal(sessions.length, 2);
    mock.timers.tick(3000);
    mock.timers.tick(400);
    equal(sessions.length, 3);
  });

  it("drops the largest message if the server rejects one as too large, and sends the others", () => {
    const { client, current, events } = start();
    current().opens();
    ["small", "large".repeat(100), "tiny"].forEach((text) => client.send(text));
    current().ends(4009, "a message has 500 bytes, it must be 100");
    mock.timers.tick(200);
    current().opens();
    deepEqual(
      current().sent.map((text) => text.split(" ")[1]),
      ["small", "tiny"],
    );
    equal(client.counts.refused, 1);
    deepEqual(
      events.filter(({ type }) => type === "refused"),
      [
        {
          type: "refused",
          text: "large".repeat(100),
          reason: "a message has 500 bytes, it must be 100",
        },
      ],
    );
  });

  it("gives up a session that does not answer, even if messages are sent to it", () => {
    const { client, current, sessions } = start({ answerTimeoutMs: 3000 });
    current().opens();
    for (let second = 0; second < 3; second++) {
      client.send("still there?");
      mock.timers.tick(1000);
    }
    mock.timers.tick(200);
    equal(sessions.length, 2);
  });

  it("drops a message larger than the window after three sessions have ended without an echo", () => {
    const { client, current, events } = start();
    client.send("x".repeat(64 * 1024 + 1));
    client.send("small");
    for (let session = 0; session < 3; session++) {
      current().opens();
      equal(current().sent.length, 1);
      current().ends();
      mock.timers.tick(5000);
    }
    current().opens();
    equal(current().text(0).split(" ")[1], "small");
    equal(events.filter(({ type }) => type === "refused").length, 1);
  });

  it("reports that it was closed while it waited to retry, and reconnects without back-off", () => {
    const { client, current, events } = start({ minDelayMs: 100, maxDelayMs: 10_000 });
    for (let failure = 0; failure < 5; failure++) {
      current().ends();
      mock.timers.tick(10_000);
    }
    current().ends();
    client.close();
    deepEqual(events.at(-1), { type: "closed", code: 1000, reason: "", retryInMs: undefined });
    client.connect();
    current().ends();
    const last = events.at(-1);
    ok(last?.type === "closed" && (last.retryInMs ?? Infinity) <= 100);
  });

  it("has at most 64 KiB in flight, so the server accepts every batch", () => {
    const { client, current } = start();
    current().opens();
    const text = "x".repeat(30 * 1024);
    [1, 2, 3].forEach(() => client.send(text));
    equal(current().sent.length, 2);
    current().echoes(current().text(0));
    equal(current().sent.length, 3);
  });

  it("keeps pending messages while it is paused, and sends them when it reconnects", () => {
    const { client, current, sessions, events } = start();
    current().opens();
    client.send("one");
    mock.timers.tick(700);
    equal(client.waitingMs, 700);
    client.pause("hidden");
    equal(current().isClosed, true);
    const closed = { type: "closed", code: 1000, reason: "hidden", retryInMs: undefined };
    deepEqual(events.at(-1), closed);
    client.send("two");
    mock.timers.tick(60_000);
    equal(sessions.length, 1);
    deepEqual([client.waiting, client.counts.lost], [2, 0]);
    client.connect();
    current().opens();
    deepEqual(
      current().sent.map((text) => text.split(" ")[1]),
      ["one", "two"],
    );
    current().echoes(...current().sent);
    equal(client.waitingMs, 0);
    current().ends();
    client.pause("hidden");
    mock.timers.tick(60_000);
    equal(sessions.length, 2, "it does not retry either");
  });

  it("gives up a silent fall-back even if no echo is pending, but never a silent WebSocket", () => {
    const { current, sessions, events } = start({ silenceTimeoutMs: 40_000 });
    current().opens();
    for (let beat = 0; beat < 3; beat++) {
      mock.timers.tick(39_999);
      current().onheartbeat?.({} as never);
    }
    current().echoes("of somebody else");
    mock.timers.tick(39_999);
    equal(sessions.length, 1);
    mock.timers.tick(1);
    deepEqual(
      events.flatMap((event) => (event.type === "closed" ? [event.code] : [])),
      [4408],
    );
    mock.timers.tick(200);
    equal(sessions.length, 2);
    current().transport = "websocket";
    current().opens();
    mock.timers.tick(600_000);
    equal(sessions.length, 2, "heartbeats of a WebSocket do not get to the page");
  });

  it("counts pending messages as lost when it is closed, and stays closed", () => {
    const { client, current, sessions } = start();
    current().opens();
    client.send("one");
    client.close();
    mock.timers.tick(60_000);
    equal(client.counts.lost, 1);
    equal(client.waiting, 0);
    equal(current().isClosed, true);
    equal(sessions.length, 1);
  });
});
