import { equal, match } from "node:assert/strict";
import { WebSocket } from "ws";
import { startEchoServer, stopEchoServers } from "../../support/echoServer.ts";
import { connectRaw, endRawConnections, statusOf } from "../../support/rawHttp.ts";
import { assertSound, handshakeHeaders } from "./soundEcho.ts";
import { waitFor } from "../../drivers/waitFor.ts";

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");

/** Method, path below the prefix, and the status that it is answered with; a body and its type where it has one. */
const REQUESTS: [string, string, number, body?: string | Buffer, type?: string][] = [
  ["GET", "/", 200],
  ["PUT", "/info", 405],
  ["GET", "/nothing", 404],
  ["GET", "/000/abc", 404],
  ["GET", "/000/abc/nothing", 404],
  ["GET", "/000/abc/xhr", 405],
  ["POST", "/000/abc/eventsource", 405],
  ["HEAD", "/000/abc/eventsource", 405],
  ["GET", "/000/abc/websocket", 400],
  ["GET", "/websocket", 400],
  // Sessions' ids
  ["POST", "//abc/xhr", 404],
  ["POST", "/000//xhr", 404],
  ["POST", "/0.0/abc/xhr", 404],
  ["POST", "/000/a.c/xhr", 404],
  ["POST", "/000/%61/xhr", 200],
  ["POST", "/abcdefgh_i-j%20/abcdefg_i-j%20/xhr", 200],
  ["POST", "/~!$&'()*+,;=:@/~!$&'()*+,;=:@%2e%2f/xhr", 200],
  ["POST", "/constructor/of/xhr", 200],
  ["POST", "/000/a\\..\\b/xhr", 400],
  ["POST", "/000/__proto__/xhr#/a", 400],
  ["POST", `/000/${"a".repeat(255)}/xhr`, 200],
  ["POST", `/000/${"a".repeat(256)}/xhr`, 404],
  ...["__proto__", "constructor", "toString", "hasOwnProperty"].flatMap(
    (id): [string, string, number, string?][] => [
      ["POST", `/000/${id}/xhr`, 404],
      ["POST", `/000/${id}/xhr_streaming`, 404],
      ["POST", `/000/${id}/xhr_send`, 404, '["a"]'],
      ["POST", `/000/${id}/jsonp_send`, 404, '["a"]'],
      ["GET", `/000/${id}/jsonp?c=a`, 404],
      ["GET", `/000/${id}/eventsource`, 404],
      ["GET", `/000/${id}/htmlfile?c=a`, 404],
    ],
  ),
  // Names of functions
  ...[
    "",
    "?c",
    "?c=",
    "?c=a%00",
    "?c=%3Cscript%3E",
    "?c=a&c=b",
    "?c=a;b",
    `?c=${"a".repeat(33)}`,
    "?c=a?b",
    "?c=a&t=%ff",
    "?c=a&t=%",
  ].flatMap((query): [string, string, number][] => [
    ["GET", `/000/abc/jsonp${query}`, 400],
    ["GET", `/000/abc/htmlfile${query}`, 400],
  ]),
  ["GET", "/000/second/jsonp?c=a&t=1?2", 200],
  // Messages
  ...[
    "",
    "a",
    "[",
    "{}",
    "null",
    '"a"',
    "1",
    '{"__proto__":null}',
    '{"constructor":[]}',
    "[".repeat(100_000),
  ].flatMap((body): [string, string, number, string][] => [
    ["POST", "/000/abc/xhr_send", 400, body],
    ["POST", "/000/abc/jsonp_send", 400, body],
  ]),
  ["POST", "/000/abc/xhr_send", 404, '["a"]'],
  ["POST", "/000/abc/xhr_send", 415, '["a"]', "text/html"],
  ["POST", "/000/abc/xhr_send", 415, '["a"]', "T, text/plain"],
  ["POST", "/000/abc/xhr_send", 404, '["a"]', 'text/plain; charset="UTF-8"'],
  ["POST", "/000/abc/xhr_send", 415, '["a"]', "text/plain; charset=iso-8859-1"],
  ["POST", "/000/abc/xhr_send", 400, latin1('["M\xfcller"]')],
  ["POST", "/000/abc/jsonp_send", 415, '["a"]', "text/plain;charset=utf-16"],
  ["POST", "/000/abc/jsonp_send", 400, latin1('["M\xfcller"]')],
  ["POST", "/000/abc/jsonp_send", 404, '["a"]'],
  ["POST", "/000/abc/jsonp_send", 415, '["a"]', "application/json"],
  ...[
    "",
    "d",
    "d=a",
    "d=%5B%22a%22%5D&d=%5B%22a%22%5D",
    "c=%5B%22a%22%5D",
    "d=%ff",
    "d=%5B%22M%FCller%22%5D",
    "d=%5B%22a%22%5D&t=%f",
    latin1("d=%5B%22M\xfcller%22%5D"),
  ].map((body): [string, string, number, string | Buffer, string] => [
    "POST",
    "/000/abc/jsonp_send",
    400,
    body,
    "application/x-www-form-urlencoded",
  ]),
];

/** What is wrong with a handshake. */
const HANDSHAKES: [string, Record<string, string | undefined>, path?: string, method?: string][] = [
  ["no key", { "Sec-WebSocket-Key": undefined }],
  ["no version", { "Sec-WebSocket-Version": undefined }],
  ["an old version", { "Sec-WebSocket-Version": "8" }],
  ["an invalid version", { "Sec-WebSocket-Version": "x" }],
  ["another method", {}, "/echo/websocket", "POST"],
  ["another transport", {}, "/echo/000/abc/eventsource"],
  ["an invalid id", {}, "/echo/000/a.b/websocket"],
  ["keys of the first drafts", { "Sec-WebSocket-Version": undefined, "Sec-WebSocket-Key1": "1 2" }],
];

/** Frames of SockJS that a client never sends, and the close status that they lead to. */
const FRAMES: [string | Buffer, number | undefined][] = [
  ["{", 3000],
  ["[", 3000],
  ['["a"', 3000],
  ["o", 3000],
  [Buffer.from([0xff, 0xfe]), 3000],
  ["", undefined],
  ["[]", undefined],
  ["null", undefined],
  ['{"__proto__":{"a":1}}', undefined],
  ["[[[[]]]]", undefined],
  ["[".repeat(200_000) + "]".repeat(200_000), 1000],
];

describe("garbage for the echo server", () => {
  let server: { origin: string; url: string; log: string[] };

  before(async () => (server = await startEchoServer()));
  after(async () => {
    endRawConnections();
    await assertSound(server.origin, server.log);
    await stopEchoServers();
  });

  for (const [method, path, status, body, type = "text/plain"] of REQUESTS) {
    const what = `${path.slice(0, 60)} ${String(body ?? "").slice(0, 30)} ${type === "text/plain" ? "" : type}`;
    it(`is answered ${status} if it is ${method} ${what}`, async () => {
      const length = `Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body ?? "")}\r\n`;
      const raw = connectRaw(
        server.origin,
        `${method} /echo${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${length}\r\n`,
      );
      raw.socket.write(body ?? "");
      await raw.closed;
      equal(statusOf(raw), status, raw.received);
    });
  }

  for (const [what, headers, path = "/echo/000/abc/websocket", method = "GET"] of HANDSHAKES) {
    it(`is answered 4xx if it is a handshake with ${what} ${JSON.stringify(headers)} ${path}`, async () => {
      const raw = connectRaw(
        server.origin,
        `${method} ${path} HTTP/1.1\r\n${handshakeHeaders(headers)}\r\n`,
      );
      await waitFor("it is answered", () => raw.received !== "");
      match(raw.received, /^HTTP\/1\.1 4/);
    });
  }

  for (const path of ["/echo/websocket", "/echo/000/abc/websocket"]) {
    it(`is answered 405 with Allow if it is a handshake with POST at ${path}`, async () => {
      const head = `POST ${path} HTTP/1.1\r\n${handshakeHeaders({})}\r\n`;
      const raw = connectRaw(server.origin, head);
      await waitFor("it is answered", () => raw.received !== "");
      equal(statusOf(raw), 405);
      match(raw.received, /^Allow: GET\r$/m);
    });
  }

  for (const path of ["/echo/000/other/xhr", "/echo/000/another/eventsource"]) {
    it(`is answered like any request if it is a handshake with another method at ${path}`, async () => {
      const method = path.endsWith("xhr") ? "POST" : "HEAD";
      const head = `${method} ${path} HTTP/1.1\r\n${handshakeHeaders({})}\r\n`;
      const raw = connectRaw(server.origin, head);
      await waitFor("it is answered", () => raw.received !== "");
      equal(statusOf(raw), method === "POST" ? 200 : 405);
    });
  }

  for (const [frame, status] of FRAMES) {
    const then = status === undefined ? "continues" : `is closed with ${status}`;
    it(`affects only its session, which ${then}: ${frame.toString().slice(0, 30)}`, async () => {
      const socket = new WebSocket(`${server.url.replace("http", "ws")}/000/abc/websocket`);
      const frames: string[] = [];
      const closed: number[] = [];
      socket.on("message", (data: Buffer) => frames.push(data.toString()));
      socket.on("close", (code) => closed.push(code));
      await new Promise((resolve) => socket.once("open", resolve));
      socket.send(frame);
      socket.send('["last"]');
      await waitFor("it has an answer", () => closed.length > 0 || frames.join().includes("last"));
      equal(closed[0], status);
      socket.terminate();
    });
  }
});
