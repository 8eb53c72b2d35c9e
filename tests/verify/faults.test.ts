import { match, ok } from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { createServer as createPlainServer } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createServer as createTlsServer,
  getCACertificates,
  setDefaultCACertificates,
} from "node:tls";
import { sentenceOf } from "../../app/contract/fault.ts";
import { KINDS } from "../../verify/kinds.ts";
import { readOptions, type VerifyOptions } from "../../verify/options.ts";
import type { Break } from "../../verify/report.ts";
import { waitFor } from "../drivers/waitFor.ts";
import { issueCertificate, makeCertificate, type Certificate } from "../support/certificate.ts";
import { listenOn, stopServers } from "./servers.ts";

/** Each kind, and the transports of Socket.IO: protocol, path and options. */
const KIND_ARGS: [string, "http" | "ws", string, string[]][] = [
  ["sockjs", "http", "/echo", []],
  ["socketio over polling", "http", "/socket.io/", ["--transports", "polling"]],
  ["socketio over websocket", "http", "/socket.io/", ["--transports", "websocket"]],
  ["websocket", "ws", "/", []],
  ["sse", "http", "/events", ["--kind", "sse"]],
  ["http", "http", "/", ["--kind", "http"]],
];

function optionsOf(url: string, args: readonly string[]): VerifyOptions {
  // As many as SockJS has transports.
  const options = readOptions([url, ...args, "--sessions", "7"]);
  ok(options);
  return options;
}

/** What is reported before the run. */
async function reached(url: string, args: readonly string[]): Promise<string> {
  const options = optionsOf(url, args);
  const obstacle = await KINDS[options.kind].reach(options);
  ok(obstacle, "nothing is wrong");
  return sentenceOf(obstacle.fault);
}

/** A server that ends each connection once it is spoken to. */
function startClosing(): Promise<number> {
  return listenOn(createServer((socket) => socket.once("data", () => socket.end())));
}

function startRedirecting(): Promise<number> {
  const server = createPlainServer((_request, response) =>
    response.writeHead(302, { Location: "https://a.example/login" }).end(),
  );
  server.on("upgrade", (_request, socket) =>
    socket.end("HTTP/1.1 302 Found\r\nLocation: https://a.example/login\r\n\r\n"),
  );
  return listenOn(server);
}

describe("what keeps npm run verify from a server", () => {
  const trusted = getCACertificates();
  let expired: Certificate;
  let foreign: Certificate;
  let misnamed: Certificate;

  before(() => {
    const createFolder = (): string => mkdtempSync(join(tmpdir(), "verify-certificates-"));
    const folder = createFolder();
    setDefaultCACertificates([...trusted, makeCertificate(folder).cert]);
    expired = issueCertificate(folder, "DNS:localhost", -1);
    misnamed = issueCertificate(folder, "DNS:a.example");
    const elsewhere = createFolder();
    makeCertificate(elsewhere);
    foreign = issueCertificate(elsewhere, "DNS:localhost");
  });

  after(() => setDefaultCACertificates(trusted));
  afterEach(stopServers);

  const startTls = (certificate: Certificate): Promise<number> =>
    listenOn(createTlsServer(certificate, (socket) => socket.end()));

  const faults: [string, (() => Promise<number>) | undefined, "" | "s", RegExp][] = [
    [
      "an expired certificate",
      () => startTls(expired),
      "s",
      /: the certificate is not trusted \(certificate has expired\); .*; renew the certificate$/,
    ],
    [
      "a certificate of an unknown authority",
      () => startTls(foreign),
      "s",
      /: the certificate is not trusted \(unable to [^)]+\); .*; set NODE_EXTRA_CA_CERTS to /,
    ],
    [
      "a certificate for another name",
      () => startTls(misnamed),
      "s",
      /: the certificate is not trusted \(Hostname.*a\.example\); .*; verify a URL with a name that/,
    ],
    [
      "a server without TLS",
      startRedirecting,
      "s",
      /: the server does not speak TLS \(ERR_SSL_WRONG_VERSION_NUMBER\); .*; verify it without TLS$/,
    ],
    [
      "a server with TLS",
      () => startTls(foreign),
      "",
      /: the server speaks TLS; it must be one that starts with (https|wss): \(for example \1:\/\/localhost:/,
    ],
    [
      "a server that closes connections",
      startClosing,
      "",
      /: the connection was closed or reset \([^)]*(ECONNRESET|UND_ERR_SOCKET)\); .*; pass --proxy-protocol if a/,
    ],
    [
      "nothing that listens",
      undefined,
      "",
      /: nothing listens there \(connect ECONNREFUSED 127\.0\.0\.1:9\); it must be /,
    ],
  ];
  for (const [title, start, secure, message] of faults) {
    it(`is ${title}, for all kinds`, async () => {
      const port = (await start?.()) ?? 9;
      for (const [kind, protocol, path, args] of KIND_ARGS) {
        const sentence = await reached(`${protocol}${secure}://localhost:${port}${path}`, args);
        match(sentence, message, kind);
        match(sentence, /^(http|ws)s?:\/\/localhost:\S+ cannot be verified: /, kind);
      }
    });
  }

  it("is a redirect, for all kinds", async () => {
    const port = await startRedirecting();
    for (const [kind, protocol, path, args] of KIND_ARGS) {
      const sentence = await reached(`${protocol}://127.0.0.1:${port}${path}`, args);
      match(sentence, /302, to https:\/\/a\.example\/login/, kind);
      match(sentence, /; verify the URL that it redirects to$/, kind);
    }
  });

  it("is a name that does not exist, for all kinds", async () => {
    for (const [kind, protocol, path, args] of KIND_ARGS) {
      const sentence = await reached(`${protocol}://nowhere.invalid${path}`, args);
      match(
        sentence,
        /: the name (does not exist|cannot be resolved now) \(.*(ENOTFOUND|EAI)/,
        kind,
      );
    }
  });

  it("is reported in the details of breaks, for all kinds", async () => {
    const port = await startTls(expired);
    for (const [kind, protocol, path, args] of KIND_ARGS) {
      const options = optionsOf(`${protocol}s://localhost:${port}${path}`, args);
      const breaks: Break[] = [];
      const subjects = KINDS[options.kind].createSubjects(options, {
        clock: () => 0,
        onBreak: (each) => breaks.push(each),
        onAnswered: () => undefined,
      });
      subjects.forEach((subject) => subject.send());
      await waitFor("each is broken", () => breaks.length >= subjects.length);
      subjects.forEach((subject) => subject.close());
      for (const { detail, transport } of breaks) {
        match(
          detail,
          /the certificate is not trusted \(certificate has expired\)$/,
          `${kind} ${transport}`,
        );
      }
    }
  });
});
