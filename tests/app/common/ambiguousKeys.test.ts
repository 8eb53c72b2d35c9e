import { deepEqual, equal, match } from "node:assert/strict";
import { startCompanyServer, stopCompanyServers } from "../../drivers/companyServer.ts";
import {
  newDocument,
  startDocumentServer,
  stopDocumentServers,
} from "../../drivers/documentServer.ts";
import { queryRows, usePostgres } from "../../drivers/postgres.ts";
import { connectRaw, endRawConnections, statusOf } from "../../support/rawHttp.ts";

const deep = "[".repeat(499) + "]".repeat(499);

/** Companies, as routers and JavaScript read them differently. */
const BODIES = {
  "a byte order mark before it": '\ufeff{"legalName":"A","businessNumber":"AB12"}',
  "two business numbers": '{"legalName":"A","businessNumber":"AB12","businessNumber":"CD34"}',
  "the same business number twice":
    '{"legalName":"A","businessNumber":"AB12","businessNumber":"AB12"}',
  "an escape in the member's name": '{"legalName":"A","business\\u004eumber":"AB12"}',
  "500 levels before the number": `{"legalName":"A","a":${deep},"businessNumber":"AB12"}`,
  "500 levels after the number": `{"legalName":"A","businessNumber":"AB12","a":${deep}}`,
};

describe("an ambiguous key", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    endRawConnections();
    await stopCompanyServers();
    await stopDocumentServers();
  });

  /** The answer to a request that is written by hand. */
  async function answerTo(origin: string, line: string, body = ""): Promise<string> {
    const headers = [
      "Host: a",
      "Connection: close",
      "Content-Type: application/json",
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    const raw = connectRaw(origin, [`${line} HTTP/1.1`, ...headers, "", body].join("\r\n"));
    await raw.closed;
    equal(statusOf(raw), 400, raw.received);
    return raw.received;
  }

  it("is rejected with 400 by the company registry if it is in a body, and creates nothing", async () => {
    const database = await postgres.newDatabase();
    const { origin } = await startCompanyServer(database);
    for (const [what, body] of Object.entries(BODIES)) {
      const answer = await answerTo(origin, "POST /companies", body);
      match(answer, /"type":"urn:problem-type:ambiguous-key"/, what);
    }
    deepEqual(await queryRows(database, "select from company"), []);
  });

  it("is rejected with 400 by the company registry and the document collaborator if it is in a target", async () => {
    const company = await startCompanyServer(await postgres.newDatabase());
    const document = await startDocumentServer(await postgres.newDatabase());
    const id = await newDocument(document.origin);
    for (const [origin, line] of [
      [company.origin, "GET /companies/AB12#x"],
      [company.origin, "GET /companies/AB12?x#y"],
      [document.origin, `GET /documents/${id}#x`],
      [document.origin, `POST /documents/${id}/versions#x`],
    ] as const) {
      match(
        await answerTo(origin, line, '{"title":"A"}'),
        /"urn:problem-type:ambiguous-key"/,
        line,
      );
    }
    const versions = await fetch(`${document.origin}/documents/${id}/versions`);
    deepEqual(await versions.json(), { versions: [] });
  });
});
