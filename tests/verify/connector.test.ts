import { deepEqual, equal } from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { createSecureServer } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates, type TLSSocket } from "node:tls";
import { WebSocketServer } from "ws";
import { visitHttp } from "../../verify/http/httpVisit.ts";
import { visitSse } from "../../verify/sse/sseVisit.ts";
import { HttpClient } from "../../verify/visits/client.ts";
import { requestFor } from "../../verify/visits/request.ts";
import type { MakeVisit } from "../../verify/visits/visit.ts";
import { visitWebSocket } from "../../verify/websocket/webSocketVisit.ts";
import { issueCertificate, makeCertificate } from "../support/certificate.ts";
import { listenOn, stopServers } from "./servers.ts";

const NAMED = { from: "header", what: "X-Replica" } as const;

describe("the verifier's connections over TLS", () => {
  const trusted = getCACertificates();
  let port: number;
  let connections: [string | false | null, boolean][];

  before(async () => {
    const folder = mkdtempSync(join(tmpdir(), "verify-tls-"));
    const { cert: authority } = makeCertificate(folder);
    setDefaultCACertificates([...trusted, authority]);
    connections = [];
    const server = createSecureServer(
      { ...issueCertificate(folder, "DNS:localhost"), allowHTTP1: true },
      (_request, response) =>
        response
          .writeHead(200, { "X-Replica": "app-0", "Content-Type": "text/event-stream" })
          .end(),
    );
    const sockets = new WebSocketServer({ noServer: true });
    sockets.on("headers", (lines) => lines.push("X-Replica: app-0"));
    server.on("upgrade", (request: IncomingMessage, socket: TLSSocket, head: Buffer) =>
      sockets.handleUpgrade(request, socket, head, (client) => client.resume()),
    );
    server.on("secureConnection", (socket: TLSSocket) =>
      connections.push([socket.alpnProtocol, socket.isSessionReused()]),
    );
    port = await listenOn(server);
  });

  after(() => {
    stopServers();
    setDefaultCACertificates(trusted);
  });

  const visits: [string, MakeVisit, string][] = [
    ["http", visitHttp(NAMED), "https"],
    ["sse", visitSse(NAMED), "https"],
    ["websocket", visitWebSocket(NAMED, false), "wss"],
  ];
  for (const [kind, visit, protocol] of visits) {
    it(`are new ones for each visit of ${kind}, even if the server offers HTTP/2`, async () => {
      connections.length = 0;
      const client = new HttpClient({ source: undefined, keepsCookies: true });
      for (let round = 0; round < 3; round++) {
        const { replica } = await visit(client, requestFor(`${protocol}://localhost:${port}/`));
        equal(replica, "app-0");
      }
      deepEqual(
        connections,
        Array.from({ length: 3 }, () => ["http/1.1", false]),
      );
    });
  }
});
