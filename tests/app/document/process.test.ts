import { CATALOGUE } from "../../../app/contract/catalogue.ts";
import { deepEqual, equal, ok } from "node:assert/strict";
import { requestKey } from "../../../app/contract/requestKey.ts";
import { closeEditors, openDocument } from "../../drivers/documentEditor.ts";
import { base, crowded } from "./documentAttacks.ts";
import { endRaw, hello, refusalOf, updateFrame } from "../../support/documentFrames.ts";
import { startDocumentProcess } from "./documentProcess.ts";
import { newDocument } from "../../drivers/documentServer.ts";
import { childrenOf, endRuns, isAlive, runNode } from "../../drivers/localRun.ts";
import { queryRows, usePostgres } from "../../drivers/postgres.ts";
import { waitFor } from "../../drivers/waitFor.ts";

describe("the document collaborator's process", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    closeEditors();
    endRaw();
    await endRuns();
  });

  it("reports every invalid setting with what it must be", async () => {
    const run = runNode("app/main.ts", [], {
      APP: "document",
      DATABASE_URL: "postgres://a:b@c/d",
      MAX_DOCUMENT_BYTES: "0",
      MAX_UPDATES_PER_SECOND: "0.5",
      MAX_SAVE_SECONDS: "21",
      MAX_CONNECTIONS_PER_DOCUMENT: "",
      MAX_CONNECTIONS: "-1",
    });
    equal(await run.ended, 2);
    deepEqual(run.err.split("\n"), [
      'MAX_DOCUMENT_BYTES is "0"; it must be a whole number from 1024 to 67108864 (for example 2097152)',
      'MAX_UPDATES_PER_SECOND is "0.5"; it must be a whole number from 1 to 10000 (for example 100)',
      'MAX_SAVE_SECONDS is "21"; it must be a whole number from 1 to 20 (for example 10)',
      'MAX_CONNECTIONS_PER_DOCUMENT is ""; it must be a whole number from 1 to 10000 (for example 50)',
      'MAX_CONNECTIONS is "-1"; it must be a whole number from 1 to 100000 (for example 800)',
      "",
    ]);
  });

  it("saves what its editors have sent on SIGTERM, exits with status 0, and leaves no connection and no presence in the database", async () => {
    const database = await postgres.newDatabase();
    const run = await startDocumentProcess(database, "document-0", { DRAIN_SECONDS: "0.5" });
    const id = await newDocument(run.origin);
    const editor = await openDocument(id, run.origin);
    editor.introduce("Ada");
    editor.write("last words");
    await editor.saved();
    run.child.kill("SIGTERM");
    equal(await run.ended, 0);
    equal(run.err, "");
    equal(editor.closed[0]?.code, 4012);
    ok(!run.out.includes(new URL(database).password));
    deepEqual(await queryRows(database, "select from document_presence"), []);
    deepEqual(await queryRows(database, "select from document_replica"), []);
    deepEqual(await queryRows(database, "select from document_room"), []);
    deepEqual(
      await queryRows(
        database,
        "select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
      ),
      [],
    );
  });

  it("leaves no child process behind when it is killed", async () => {
    const run = await startDocumentProcess(await postgres.newDatabase(), "document-0");
    const id = await newDocument(run.origin);
    // It is tried out by a process, which then waits for the next job.
    const frames = [base(), crowded(8000)].map((each) => updateFrame(id, each));
    equal((await refusalOf(run.origin, id, [hello(id), ...frames]))?.code, 4007);
    const children = childrenOf(run.child.pid ?? 0);
    equal(children.length, 1);
    run.child.kill("SIGKILL");
    await run.ended;
    await waitFor("it is gone", () => !children.some(isAlive));
  });

  it("has the id in the path as the key of requests for the page, the versions and editors", () => {
    deepEqual(CATALOGUE.document.routing.cookie, { name: "doc-sticky", seconds: 172_800 });
    const id = "0d8a9c2e-55a2-4c63-9c0e-1f1a6d2f7b3c";
    const keyOf = (method: string, url: string): string | undefined =>
      requestKey(CATALOGUE.document.routing.keyRoutes, { method, url, headersDistinct: {} });
    for (const url of [`/documents/${id}`, `/documents/${id}/versions`, `/documents/${id}?a=b`]) {
      for (const method of ["GET", "HEAD", "POST"]) {
        equal(keyOf(method, url), id);
      }
    }
    equal(keyOf("GET", "/documents"), undefined);
    equal(keyOf("POST", "/documents"), undefined);
    equal(keyOf("GET", "/page.js"), undefined);
  });
});
