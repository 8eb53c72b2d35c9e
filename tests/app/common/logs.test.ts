import { deepEqual, equal, ok } from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { request } from "undici";
import { WebSocket } from "ws";
import * as Y from "yjs";
import { startCompanyServer, stopCompanyServers } from "../../drivers/companyServer.ts";
import {
  endRaw,
  hello,
  openRaw,
  presenceFrame,
  updateFrame,
} from "../../support/documentFrames.ts";
import {
  newDocument,
  startDocumentServer,
  stopDocumentServers,
} from "../../drivers/documentServer.ts";
import { startEchoServer, stopEchoServers } from "../../support/echoServer.ts";
import { queryRows, startRelay, usePostgres } from "../../drivers/postgres.ts";
import { connectRaw, endRawConnections } from "../../support/rawHttp.ts";
import { waitFor } from "../../drivers/waitFor.ts";

/** What must not be in a log, in whatever a client sends. */
const SECRET = "s3cr3t";
const HEADERS = {
  Cookie: `com-sticky=${SECRET}; doc-sticky=${SECRET}; JSESSIONID=${SECRET}`,
  Authorization: `Bearer ${SECRET}`,
};

const post = async (url: string, body: string, type = "application/json"): Promise<number> => {
  const headers = { ...HEADERS, "Content-Type": type };
  const answer = await request(url, { method: "POST", headers, body });
  await answer.body.dump();
  return answer.statusCode;
};

/** Asserts that each line is JSON, that the replica's phases are logged, and that nothing from clients is. */
function assertDiscreet(log: readonly string[], password?: string): void {
  ok(log.length > 0);
  for (const line of log) {
    deepEqual(typeof (JSON.parse(line) as { msg: unknown }).msg, "string");
    equal(line.includes(SECRET), false, line);
    equal(password !== undefined && line.includes(password), false, line);
  }
}

describe("logs at level debug, through errors", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    endRaw();
    endRawConnections();
    await stopEchoServers();
    await stopCompanyServers();
    await stopDocumentServers();
  });

  it("of the echo contain no messages, cookies or ids that give access to sessions", async () => {
    const { origin, url, log } = await startEchoServer({ maxMessageBytes: 50, maxSessions: 3 });
    const session = `${url}/000/${SECRET}`;
    equal(await post(`${session}/xhr`, ""), 200);
    for (const body of [`["${SECRET}"]`, SECRET, `["${SECRET.repeat(20)}"]`, `{"${SECRET}":1}`]) {
      await post(`${session}/xhr_send`, body, "text/plain");
      await post(`${session}/jsonp_send`, `d=${body}`, "application/x-www-form-urlencoded");
      await post(`${session}/xhr_send`, body, SECRET);
    }
    await request(`${session}/jsonp?c=${SECRET}()`, { headers: HEADERS });
    await request(`${url}/000/__proto__/${SECRET}?${SECRET}`, { headers: HEADERS });
    await request(`${url}/info?${SECRET}`, { headers: { ...HEADERS, Origin: `http://${SECRET}` } });
    const socket = new WebSocket(`${url.replace("http", "ws")}/000/a${SECRET}/websocket`, {
      headers: HEADERS,
    });
    await new Promise((resolve) => socket.once("open", resolve));
    socket.send(`["${SECRET}",{"${SECRET}":[]}]`);
    socket.send(`{${SECRET}`);
    await waitFor("it is closed", () => socket.readyState === WebSocket.CLOSED);
    const raw = connectRaw(origin, `${SECRET} / ${SECRET}\r\n\r\n`);
    await raw.closed;
    await waitFor("a session is logged", () => log.join().includes("session refused"));
    assertDiscreet(log);
  });

  it("of the registry contain no names, numbers, keys, cookies or database password", async () => {
    const relay = await startRelay(await postgres.newDatabase());
    const { origin, log } = await startCompanyServer(relay.url);
    const url = `${origin}/companies`;
    const company = JSON.stringify({ legalName: SECRET, businessNumber: SECRET });
    equal(await post(url, company), 201);
    equal(await post(url, company), 409);
    equal(await post(url, `{"${SECRET}`), 400);
    equal(await post(url, company, SECRET), 415);
    await request(`${url}/${SECRET}?${SECRET}`, { headers: HEADERS });
    // What the database complains of carries rows.
    await queryRows(relay.url, `alter table company add check (legal_name <> '${SECRET}2')`);
    equal(await post(url, company.replaceAll(SECRET, `${SECRET}2`)), 500);
    relay.refuse();
    equal(await post(url, company.replaceAll(SECRET, `${SECRET}3`)), 503);
    ok(log.join().includes("request failed"));
    ok(log.join().includes("unavailable"));
    assertDiscreet(log, new URL(relay.url).password);
    await relay.close();
  });

  it("of documents contain no content, cookies, people's names or database password", async () => {
    const relay = await startRelay(await postgres.newDatabase());
    const { origin, log } = await startDocumentServer(relay.url);
    const id = await newDocument(origin, SECRET);
    const doc = new Y.Doc();
    doc.getText("title").insert(0, SECRET);
    const good = Y.encodeStateAsUpdate(doc);
    for (const frames of [
      [hello(id), updateFrame(id, good), presenceFrame(id, { 7: `{"user":"${SECRET}"}` })],
      [hello(id), updateFrame(id, good.slice(0, -3))],
      [hello(id), presenceFrame(id, { 7: `{"${SECRET}` })],
      [SECRET],
      [Buffer.from(SECRET)],
    ]) {
      const { socket } = await openRaw(origin, id, { headers: HEADERS });
      frames.forEach((each) => socket.send(each));
      await waitFor("it is read", () => socket.bufferedAmount === 0);
    }
    await openRaw(origin, randomUUID(), { headers: { ...HEADERS, Origin: `http://${SECRET}` } });
    equal(await post(`${origin}/documents`, `{"title":${SECRET}`), 400);
    equal(await post(`${origin}/documents`, JSON.stringify({ title: `${SECRET}\n` })), 201);
    equal(await post(`${origin}/documents/${SECRET}/versions`, `{"title":"${SECRET}"}`), 404);
    await waitFor("they are refused", () => log.join().split("editor refused").length === 5);
    relay.refuse();
    equal(await post(`${origin}/documents`, `{"title":"${SECRET}"}`), 503);
    await openRaw(origin, randomUUID());
    await waitFor("it says so", () => log.join().includes("cannot open a document now"));
    assertDiscreet(log, new URL(relay.url).password);
    await relay.close();
  });
});
