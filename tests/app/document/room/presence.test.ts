import { deepEqual, equal } from "node:assert/strict";
import { metric } from "../../../drivers/metrics.ts";
import { closeEditors, Editor, openDocument } from "../../../drivers/documentEditor.ts";
import {
  endRaw,
  hello,
  openRaw,
  presenceFrame,
  type RawEditor,
} from "../../../support/documentFrames.ts";
import { startDocumentProcess } from "../documentProcess.ts";
import {
  newDocument,
  startDocumentServer,
  startReplicas,
  stopDocumentServers,
} from "../../../drivers/documentServer.ts";
import { endRuns } from "../../../drivers/localRun.ts";
import { queryRows, usePostgres } from "../../../drivers/postgres.ts";
import { waitFor } from "../../../drivers/waitFor.ts";

const CONNECTIONS = "document_connections";

/** Less than the 15 s after which a provider repeats its presence. */
const AT_ONCE_SECONDS = 12;

/** Waits until all see exactly these people. */
async function see(editors: readonly Editor[], ...people: string[]): Promise<void> {
  await waitFor(`all see ${people.join(", ")}`, () =>
    editors.every((editor) => editor.people.join() === people.join()),
  );
}

const open = async (id: string, origin: string, name: string): Promise<Editor> => {
  const editor = await openDocument(id, origin);
  editor.introduce(name);
  return editor;
};

describe("people in a document", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    closeEditors();
    endRaw();
    await stopDocumentServers();
    await endRuns();
  });

  it("see each other join, move and leave on one replica", async () => {
    const { origin } = await startDocumentServer(await postgres.newDatabase());
    const id = await newDocument(origin);
    const ada = await open(id, origin, "Ada");
    const bob = await open(id, origin, "Bob");
    await see([ada, bob], "Ada", "Bob");
    bob.introduce("Robert");
    await see([ada, bob], "Ada", "Robert");
    bob.close();
    await see([ada], "Ada");
    const elsewhere = await open(await newDocument(origin), origin, "Cy");
    await see([elsewhere], "Cy");
    deepEqual(ada.people, ["Ada"]);
  });

  it("see each other join, move and leave across replicas", async () => {
    const database = await postgres.newDatabase();
    const [one, two, three] = (await startReplicas(3, database)).map(({ origin }) => origin);
    const id = await newDocument(one ?? "");
    const ada = await open(id, one ?? "", "Ada");
    const bob = await open(id, two ?? "", "Bob");
    await see([ada, bob], "Ada", "Bob");
    const cy = await open(id, three ?? "", "Cy");
    const dot = await open(id, three ?? "", "Dot");
    await see([ada, bob, cy, dot], "Ada", "Bob", "Cy", "Dot");
    bob.introduce("Robert");
    await see([ada, bob, cy, dot], "Ada", "Cy", "Dot", "Robert");
    cy.close();
    await see([ada, bob, dot], "Ada", "Dot", "Robert");
    bob.close();
    dot.close();
    await see([ada], "Ada");
    equal((await queryRows(database, "select from document_presence")).length, 1);
    equal(await metric(one ?? "", "document_hops_total"), 0);
  });

  it("are visible on another replica after their own has drained", async () => {
    const servers = await startReplicas(2, await postgres.newDatabase());
    const [one, two] = servers.map(({ origin }) => origin);
    const id = await newDocument(one ?? "");
    const ada = await open(id, one ?? "", "Ada");
    let origin = two ?? "";
    const bob = new Editor(id, () => origin);
    await bob.saved();
    bob.introduce("Bob");
    await see([ada, bob], "Ada", "Bob");
    origin = one ?? "";
    await servers[1]?.server.drain();
    await see([ada, bob], "Ada", "Bob");
    equal(bob.closed[0]?.code, 4012);
  });

  it("are visible again immediately when they return to the same replica", async () => {
    const { origin } = await startDocumentServer(await postgres.newDatabase());
    const id = await newDocument(origin);
    const ada = await open(id, origin, "Ada");
    const bob = await open(id, origin, "Bob");
    await see([ada, bob], "Ada", "Bob");
    await bob.disconnect();
    await see([ada], "Ada");
    bob.connect();
    await waitFor("he is seen", () => ada.people.length === 2, AT_ONCE_SECONDS);
    for (const name of ["Bobby", "Rob", "Robert"]) {
      bob.introduce(name);
      await waitFor(`he is seen as ${name}`, () => ada.people.includes(name), AT_ONCE_SECONDS);
      equal(bob.people.includes(name), true);
    }
  });

  it("stay when their old connection closes after they have opened a new one, and vanish with the new one", async () => {
    const { origin } = await startDocumentServer(await postgres.newDatabase());
    const id = await newDocument(origin);
    const ada = await open(id, origin, "Ada");
    const bob = JSON.stringify({ user: { name: "Bob", hue: 1 } });
    const connect = async (): Promise<RawEditor> => {
      const raw = await openRaw(origin, id);
      raw.socket.send(hello(id));
      raw.socket.send(presenceFrame(id, { 7: bob }));
      return raw;
    };
    const old = await connect();
    await see([ada], "Ada", "Bob");
    const clock = (): number => ada.provider.awareness?.meta.get(7)?.clock ?? 0;
    const before = clock();
    const next = await connect();
    await waitFor("he is seen on the new one", () => clock() > before);
    old.socket.terminate();
    await waitFor("the old one is gone", async () => (await metric(origin, CONNECTIONS)) === 2);
    // The confirmation of her own change arrives after a change of his presence would.
    ada.write("still two");
    await ada.saved();
    deepEqual(ada.people, ["Ada", "Bob"]);
    next.socket.terminate();
    await see([ada], "Ada");
  });

  it("vanish when their replica is killed, unless they have moved to another one", async () => {
    const database = await postgres.newDatabase();
    const [one, two] = await Promise.all(
      ["document-0", "document-1"].map((name) => startDocumentProcess(database, name)),
    );
    const id = await newDocument(one?.origin ?? "");
    const ada = await open(id, one?.origin ?? "", "Ada");
    const bob = await open(id, two?.origin ?? "", "Bob");
    let origin = two?.origin ?? "";
    const cy = new Editor(id, () => origin);
    await cy.saved();
    cy.introduce("Cy");
    await see([ada, bob, cy], "Ada", "Bob", "Cy");
    origin = one?.origin ?? "";
    two?.child.kill("SIGKILL");
    await see([ada, cy], "Ada", "Cy");
    deepEqual(
      await queryRows(
        database,
        "select count(distinct replica_id)::int as replicas from document_presence",
      ),
      [{ replicas: 1 }],
    );
    equal(bob.isSaved, false);
  });

  it("are visible again after a crash of PostgreSQL has emptied the tables of presence", async () => {
    const database = await postgres.newDatabase();
    const [one, two] = (await startReplicas(2, database)).map(({ origin }) => origin);
    const id = await newDocument(one ?? "");
    const ada = await open(id, one ?? "", "Ada");
    const bob = await open(id, two ?? "", "Bob");
    await see([ada, bob], "Ada", "Bob");
    await queryRows(database, "truncate document_presence, document_replica");
    await waitFor("both are written again", async () => {
      const rows = await queryRows(database, "select from document_presence");
      return rows.length === 2;
    });
    const cy = await open(id, two ?? "", "Cy");
    await see([ada, bob, cy], "Ada", "Bob", "Cy");
  });
});
