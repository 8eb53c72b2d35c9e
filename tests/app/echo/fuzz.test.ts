import { equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { request } from "undici";
import { startEchoServer, stopEchoServers } from "../../support/echoServer.ts";
import { metric } from "../../drivers/metrics.ts";
import { connectRaw, endRawConnections } from "../../support/rawHttp.ts";
import { assertSound, handshakeHeaders } from "./soundEcho.ts";
import { waitFor } from "../../drivers/waitFor.ts";

const RUNS = 200;

describe("random garbage", () => {
  afterEach(async () => {
    endRawConnections();
    await stopEchoServers();
  });

  const id = fc.oneof(
    fc.constantFrom("abc", "000", "__proto__", "..", "%2e", "a/b", "", "é", "toString"),
    fc.string({ maxLength: 80 }),
  );
  const transport = fc.constantFrom(
    ...["xhr", "xhr_send", "xhr_streaming", "jsonp", "jsonp_send", "eventsource", "htmlfile"],
    ...["websocket", "info", "iframe.html", "chunking_test", ""],
  );
  const header = fc.tuple(
    fc.constantFrom(
      ...["Origin", "Host", "Cookie", "Content-Type", "Content-Length", "Transfer-Encoding"],
      ...["Connection", "Upgrade", "Expect", "Sec-WebSocket-Key", "Sec-WebSocket-Version"],
      ...["Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol", "X-Forwarded-Proto"],
    ),
    fc.oneof(
      fc.constantFrom("", "null", "close", "upgrade", "websocket", "chunked", "100-continue", "13"),
      fc.constantFrom("10", "99999999999999999999", 'permessage-deflate; x="', "text/plain"),
      fc.string({ maxLength: 40 }),
    ),
  );
  const ask = fc
    .record({
      method: fc.constantFrom("GET", "POST", "OPTIONS", "HEAD", "PUT", "TRACE"),
      server: id,
      session: id,
      transport,
      query: fc.oneof(fc.constantFrom("", "?c=x", "?callback=x", "?c=<"), fc.string()),
      headers: fc.array(header, { maxLength: 5 }),
      body: fc.oneof(fc.json(), fc.string(), fc.constantFrom('["a"]', "d=%5B%22a%22%5D")),
    })
    .map(({ method, server, session, transport: name, query, headers, body }) => {
      const lines = headers.map(([key, value]) => `${key}: ${value}\r\n`).join("");
      const length = `Content-Length: ${Buffer.byteLength(body)}\r\n`;
      const path = `/echo/${server}/${session}/${name}${query}`;
      return `${method} ${path} HTTP/1.1\r\nHost: a\r\n${lines}${length}\r\n${body}`;
    });
  const frame = fc
    .record({
      first: fc.nat(255),
      mask: fc.boolean(),
      length: fc.oneof(fc.nat(125), fc.constantFrom(126, 127)),
      payload: fc.oneof(
        fc.json().map((text) => Buffer.from(text)),
        fc.uint8Array({ maxLength: 200 }),
      ),
      isHonest: fc.boolean(),
    })
    .map(({ first, mask, length, payload, isHonest }) => {
      const size = isHonest ? Math.min(125, payload.length) : length;
      const head = [isHonest ? 0x80 | (first % 3) : first, (mask || isHonest ? 0x80 : 0) | size];
      return Buffer.concat([Buffer.from(head), Buffer.alloc(4), payload.subarray(0, 125)]);
    });

  it("stops neither the server nor an honest session, leaves no session behind, and causes no 5xx response", async () => {
    const { origin, log } = await startEchoServer();
    const upgraded = fc
      .tuple(fc.constantFrom("websocket", "000/abc/websocket"), fc.array(frame, { maxLength: 6 }))
      .map(([path, frames]) =>
        Buffer.concat([
          Buffer.from(`GET /echo/${path} HTTP/1.1\r\n${handshakeHeaders({})}\r\n`),
          ...frames,
        ]),
      );
    const said = fc.oneof(
      { weight: 3, arbitrary: fc.array(ask, { minLength: 1, maxLength: 3 }) },
      { weight: 2, arbitrary: upgraded.map((each) => [each]) },
      {
        weight: 1,
        arbitrary: fc
          .uint8Array({ minLength: 1, maxLength: 200 })
          .map((each) => [Buffer.from(each)]),
      },
    );
    await fc.assert(
      fc.asyncProperty(said, async (parts) => {
        const raw = connectRaw(origin, Buffer.concat(parts.map((each) => Buffer.from(each))));
        await waitFor("it is answered, or waits for more", () => raw.socket.bytesWritten > 0);
        raw.socket.end();
        await new Promise((resolve) => setImmediate(resolve));
        equal(/(^|\r\n)HTTP\/1\.1 5/.test(raw.received), false, raw.received);
      }),
      { numRuns: RUNS, interruptAfterTimeLimit: 20_000, endOnFailure: true },
    );
    endRawConnections();
    await assertSound(origin, log);
  });

  it("is answered 4xx if it is a request of a session with an invalid id", async () => {
    const { origin, url, log } = await startEchoServer();
    const around = fc.string({ maxLength: 70 });
    const wrong = fc.constantFrom(".", "..", "a".repeat(256));
    const bad = fc.tuple(around, wrong, around).map((parts) => parts.join(""));
    const place = fc.tuple(bad, fc.boolean(), fc.constantFrom("xhr", "xhr_send", "xhr_streaming"));
    await fc.assert(
      fc.asyncProperty(place, async ([text, isServer, name]) => {
        const part = encodeURIComponent(text);
        const path = isServer ? `${part}/abc/${name}` : `000/${part}/${name}`;
        const answer = await request(`${url}/${path}`, { method: "POST", body: '["a"]' });
        await answer.body.dump();
        ok(answer.statusCode >= 400 && answer.statusCode < 500, path);
      }),
      { numRuns: RUNS, interruptAfterTimeLimit: 20_000 },
    );
    equal(await metric(origin, 'sockjs_sessions_total{transport="xhr-polling"}'), undefined);
    await assertSound(origin, log);
  });
});
