import { deepEqual, equal, match } from "node:assert/strict";
import { randomUUID } from "node:crypto";
import * as Y from "yjs";
import { ask, type Answer } from "../../../drivers/companyServer.ts";
import { metric } from "../../../drivers/metrics.ts";
import { closeEditors, contentOf, openDocument } from "../../../drivers/documentEditor.ts";
import {
  newDocument,
  startDocumentServer,
  startUnreadyDocumentServer,
  stopDocumentServers,
} from "../../../drivers/documentServer.ts";
import { closeRelays, startRelay, usePostgres } from "../../../drivers/postgres.ts";
import { waitFor } from "../../../drivers/waitFor.ts";

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

interface Document {
  id: string;
  title: string;
  createdAt: string;
  updatedAt: string;
}

interface Version {
  id: string;
  title: string | null;
  createdAt: string;
}

const post = (url: string, body: unknown): Promise<Answer> =>
  ask(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });

const detailOf = ({ body }: Answer): string => (body as { detail: string }).detail;

describe("documents over HTTP", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    await closeRelays();
    closeEditors();
    await stopDocumentServers();
  });

  const start = async (): Promise<string> =>
    (await startDocumentServer(await postgres.newDatabase())).origin;

  it("are created with a title or without, and found by their ids", async () => {
    const origin = await start();
    for (const [fields, title] of [
      [{ title: "Minutes" }, "Minutes"],
      [{ title: "  Cafe\u0301 " }, "Caf\u00e9"],
      [{ title: "x".repeat(200) }, "x".repeat(200)],
      [{}, ""],
    ] as const) {
      const made = await post(`${origin}/documents`, fields);
      const document = made.body as Document;
      equal(made.status, 201);
      match(document.id, UUID);
      equal(made.headers.get("Location"), `/documents/${document.id}`);
      deepEqual(Object.keys(document), ["id", "title", "createdAt", "updatedAt"]);
      equal(document.title, title);
      equal(document.createdAt, new Date(document.createdAt).toISOString());
      const found = await ask(`${origin}/documents/${document.id}`);
      deepEqual([found.status, found.body], [200, document]);
      equal(found.headers.get("Vary"), "Accept");
      equal(found.headers.get("Cache-Control"), "no-store");
      const editor = await openDocument(document.id, origin);
      equal(editor.doc.getText("title").toJSON(), title);
    }
  });

  it("are listed page by page, the newest first", async () => {
    const origin = await start();
    const made: string[] = [];
    for (let each = 0; each < 7; each++) {
      made.unshift(await newDocument(origin, `number ${each}`));
    }
    const listed: string[] = [];
    let pages = 0;
    for (let next: string | null = "/documents?limit=3"; next !== null; pages++) {
      const page: Answer = await ask(origin + next);
      const body = page.body as { documents: Document[]; next: string | null };
      listed.push(...body.documents.map(({ id }) => id));
      equal(page.headers.get("Link"), body.next && `<${body.next}>; rel="next"`);
      next = body.next;
    }
    deepEqual(listed, made);
    equal(pages, 3);
    const all = await ask(`${origin}/documents?after=&limit=`);
    equal((all.body as { documents: Document[] }).documents.length, 7);
    deepEqual((await ask(`${origin}/documents?after=${randomUUID()}`)).body, {
      documents: [],
      next: null,
    });
  });

  it("are answered 404 if the id is malformed or unknown", async () => {
    const origin = await start();
    const id = await newDocument(origin);
    for (const path of [randomUUID(), id.toUpperCase(), "x", "%00", `${id}/versions/1`]) {
      for (const suffix of path.includes("/") ? [""] : ["", "/versions", "/versions/1"]) {
        const { status, body, headers } = await ask(`${origin}/documents/${path}${suffix}`);
        equal(status, 404, path + suffix);
        equal(headers.get("Content-Type"), "application/problem+json; charset=utf-8");
        deepEqual(body, {
          type: "urn:problem-type:no-document",
          title: "There is no such document",
          status: 404,
          detail: "there is no document, or no version of it, by this URL",
        });
      }
    }
    equal((await post(`${origin}/documents/${randomUUID()}/versions`, { title: "A" })).status, 404);
    for (const version of ["0", "x", "9".repeat(30), "-1"]) {
      equal((await ask(`${origin}/documents/${id}/versions/${version}`)).status, 404);
    }
  });

  it("are rejected with a description of what is wrong", async () => {
    const origin = await start();
    const id = await newDocument(origin);
    const refusals: [string, unknown, string][] = [
      [
        "documents",
        { title: "x".repeat(201) },
        `title is "${"x".repeat(59)}…; it must be text of at most 200 characters in one line, some of them visible (for example Minutes)`,
      ],
      [
        "documents",
        { title: "a\nb" },
        'title is "a\\nb"; it must be text of at most 200 characters in one line, some of them visible, without U+000A (for example Minutes)',
      ],
      [
        "documents",
        { title: 7 },
        "title is 7; it must be text of at most 200 characters in one line, some of them visible (for example Minutes)",
      ],
      [
        "documents",
        [],
        'the body is []; it must be a JSON object with or without title (for example {"title":"Minutes"})',
      ],
      [
        `documents/${id}/versions`,
        {},
        "title is not set; it must be text of 1 to 200 characters in one line, some of them visible (for example Minutes)",
      ],
      [
        `documents/${id}/versions`,
        { title: " " },
        'title is " "; it must be text of 1 to 200 characters in one line, some of them visible (for example Minutes)',
      ],
    ];
    for (const [path, body, detail] of refusals) {
      const answer = await post(`${origin}/${path}`, body);
      deepEqual([answer.status, detailOf(answer)], [422, detail]);
    }
    for (const title of ["\u200b", "\u3164", "\u2800", "\u00ad", "\ufe0f", "\u0301", "a\u202eb"]) {
      equal((await post(`${origin}/documents`, { title })).status, 422);
      equal((await post(`${origin}/documents/${id}/versions`, { title })).status, 422);
    }
    const list = await ask(`${origin}/documents?after=x&limit=0`);
    deepEqual(
      [list.status, detailOf(list)],
      [
        422,
        'after is "x"; it must be the id of a document (for example 0d8a9c2e-55a2-4c63-9c0e-1f1a6d2f7b3c)\n' +
          'limit is "0"; it must be a whole number from 1 to 100 (for example 20)',
      ],
    );
    const large = await post(`${origin}/documents`, { title: "x".repeat(20_000) });
    equal(large.status, 413);
    for (const path of ["documents", `documents/${id}/versions`]) {
      const post = (body: Buffer<ArrayBuffer>, type: string): Promise<Answer> =>
        ask(`${origin}/${path}`, { method: "POST", headers: { "Content-Type": type }, body });
      const latin1 = Buffer.from('{"title":"M\xfcller"}', "latin1");
      equal((await post(latin1, "application/json")).status, 400);
      equal((await post(latin1, "application/json; charset=iso-8859-1")).status, 415);
      equal((await post(Buffer.from("x"), "text/plain")).status, 415);
    }
    equal((await ask(`${origin}/documents?after=%FC`)).status, 400);
    for (const [path, allowed] of [
      ["documents", "GET, HEAD, POST"],
      [`documents/${id}`, "GET, HEAD"],
      [`documents/${id}/versions`, "GET, HEAD, POST"],
      [`documents/${id}/versions/1`, "GET, HEAD"],
    ] as const) {
      const answer = await ask(`${origin}/${path}`, { method: "DELETE" });
      deepEqual([answer.status, answer.headers.get("Allow")], [405, allowed]);
    }
  });

  it("are answered with the page for browsers, with absolute URLs and a strict Content-Security-Policy", async () => {
    const relay = await startRelay(await postgres.newDatabase());
    relay.refuse();
    const { origin } = await startUnreadyDocumentServer(relay.url);
    const html = { headers: { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" } };
    const front = await fetch(origin, html);
    const page = await fetch(`${origin}/documents/${randomUUID()}`, html);
    const text = await page.text();
    equal(page.status, 200);
    equal(text, await front.text());
    match(text, /src="\/page.js"/);
    match(text, /href="\/style.css"/);
    equal(page.headers.get("Vary"), "Accept, accept-encoding");
    for (const { headers } of [front, page]) {
      equal(headers.get("Cache-Control"), "private, no-cache");
      equal(
        headers.get("Content-Security-Policy"),
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
          "form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
      );
      equal(headers.get("X-Content-Type-Options"), "nosniff");
      equal(headers.get("X-Replica"), "document-0");
    }
    equal((await ask(`${origin}/documents`)).status, 503);
    equal((await ask(`${origin}/documents/${randomUUID()}`)).status, 503);
  });

  it("set a cookie that keeps a browser on its replica for two days", async () => {
    const origin = await start();
    const { headers } = await fetch(`${origin}/documents`);
    const cookie = headers.get("Set-Cookie") ?? "";
    match(
      cookie,
      /^doc-sticky=[\da-f-]{36}; Max-Age=172800; Path=\/; Expires=[^;]+ GMT; HttpOnly; SameSite=Lax$/,
    );
    const [had = ""] = cookie.split(";");
    const again = await fetch(origin, { headers: { Cookie: had, "X-Forwarded-Proto": "https" } });
    const renewed = again.headers.get("Set-Cookie") ?? "";
    equal(renewed.split(";")[0], had);
    match(renewed, /; HttpOnly; Secure; SameSite=Lax$/);
  });

  it("have versions that people save, and one for each time that everybody has left a changed document", async () => {
    const origin = await start();
    const id = await newDocument(origin, "Title");
    const url = `${origin}/documents/${id}/versions`;
    const versions = async (): Promise<Version[]> =>
      ((await ask(url)).body as { versions: Version[] }).versions;
    const stateOf = async (version: string): Promise<unknown> => {
      const response = await fetch(`${url}/${version}`);
      equal(response.headers.get("Content-Type"), "application/octet-stream");
      const doc = new Y.Doc();
      Y.applyUpdate(doc, new Uint8Array(await response.arrayBuffer()));
      return contentOf(doc);
    };
    deepEqual(await versions(), []);
    // Who only looks changes nothing.
    const look = async (): Promise<void> => {
      (await openDocument(id, origin)).close();
      await waitFor("all have left", async () => (await metric(origin, "documents_loaded")) === 0);
    };
    await look();
    deepEqual(await versions(), []);
    const editor = await openDocument(id, origin);
    editor.write("first");
    await editor.saved();
    const first = editor.content;
    const kept = await post(url, { title: "A start" });
    const version = kept.body as Version;
    equal(kept.status, 201);
    equal(kept.headers.get("Location"), `/documents/${id}/versions/${version.id}`);
    deepEqual(Object.keys(version), ["id", "title", "createdAt"]);
    deepEqual(await versions(), [version]);
    editor.write("second");
    await editor.saved();
    const second = editor.content;
    editor.close();
    await waitFor("it is kept", async () => (await versions()).length === 2);
    const [left, named] = await versions();
    deepEqual([left?.title, named?.title], [null, "A start"]);
    deepEqual(await stateOf(named?.id ?? ""), first);
    deepEqual(await stateOf(left?.id ?? ""), second);
    await look();
    equal((await versions()).length, 2);
    equal(
      (await ask(`${origin}/documents/${await newDocument(origin)}/versions/${version.id}`)).status,
      404,
    );
  });
});
