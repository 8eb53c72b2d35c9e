import { equal, ok } from "node:assert/strict";
import { ask } from "../../../drivers/companyServer.ts";
import { closeEditors, openDocument } from "../../../drivers/documentEditor.ts";
import {
  newDocument,
  startDocumentServer,
  stopDocumentServers,
} from "../../../drivers/documentServer.ts";
import { usePostgres } from "../../../drivers/postgres.ts";
import { waitFor } from "../../../drivers/waitFor.ts";

interface Entry {
  title: string;
  updatedAt: string;
}

/** How lists show the only document that there is. */
async function listed(origin: string): Promise<Entry> {
  const { body } = await ask(`${origin}/documents`);
  const [entry] = (body as { documents: Entry[] }).documents;
  ok(entry);
  return entry;
}

describe("the title of a document in lists", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    closeEditors();
    await stopDocumentServers();
  });

  it("is the document's title in one line, with the time of its last change", async () => {
    const { origin } = await startDocumentServer(await postgres.newDatabase());
    const id = await newDocument(origin, "Before");
    const { updatedAt } = await listed(origin);
    const editor = await openDocument(id, origin);
    editor.doc.getText("title").insert(0, `After\n\u0000 ${"\u{1f600}".repeat(300)}`);
    await editor.saved();
    const changed = await listed(origin);
    equal(changed.title, `After ${"\u{1f600}".repeat(194)}`);
    ok(changed.updatedAt > updatedAt);
  });

  it("is empty if no character is visible, and never reverses the text after it", async () => {
    const { origin } = await startDocumentServer(await postgres.newDatabase());
    const editor = await openDocument(await newDocument(origin, "Before"), origin);
    const title = editor.doc.getText("title");
    for (const [written, shown] of [
      ["\u200b\u3164\u2800\u00ad\ufe0f", ""],
      ["a\u202ecod.exe\u2066", "a cod.exe"],
      ["\u05d0\u200e(2)", "\u05d0\u200e(2)"],
    ] as const) {
      title.delete(0, title.length);
      title.insert(0, written);
      await editor.saved();
      equal((await listed(origin)).title, shown);
    }
  });

  it("is updated by the time that the page shows it as saved, whatever else is typed", async () => {
    const { origin } = await startDocumentServer(await postgres.newDatabase());
    const editor = await openDocument(await newDocument(origin), origin);
    for (const letter of ["A", "t", " ", "o", "n", "c", "e"]) {
      const title = editor.doc.getText("title");
      title.insert(title.length, letter);
      editor.doc.getMap("fields").set("author", letter);
    }
    await editor.saved();
    equal((await listed(origin)).title, "At once");
  });

  it("contains what several replicas write to it at the same time", async () => {
    const database = await postgres.newDatabase();
    const { origin } = await startDocumentServer(database);
    const origins = [origin, (await startDocumentServer(database)).origin];
    const id = await newDocument(origin);
    const editors = await Promise.all(origins.map((each) => openDocument(id, each)));
    const titles = editors.map(({ doc }) => doc.getText("title"));
    titles.forEach((title, index) => title.insert(0, String(index)));
    await waitFor("all have both", () => titles.every(({ length }) => length === 2));
    const title = titles[0]?.toJSON();
    await waitFor("lists have it", async () => (await listed(origin)).title === title);
  });
});
