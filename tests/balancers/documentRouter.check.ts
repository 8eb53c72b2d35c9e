import { deepEqual, equal, ok } from "node:assert/strict";
import { closeEditors, converge, Editor } from "../drivers/documentEditor.ts";
import { newDocument } from "../drivers/documentServer.ts";
import { replicaOf } from "../drivers/localDocument.ts";
import { assertTyped, begin, keepTyping, typistsAt } from "../support/localDocumentTyping.ts";
import { waitFor } from "../drivers/waitFor.ts";
import { RoutedApp } from "./routedApp.ts";
import { get } from "./routerClient.ts";
import type { Router } from "./routers.ts";

const DOCUMENTS = 10;

const originOf = ({ port }: Router): string => `http://127.0.0.1:${port}`;

describe("the document collaborator behind key routers", () => {
  // Closed before the replicas end, or they would come back.
  afterEach(closeEditors);

  // It drains for longer than the routers take to see that it leaves.
  const app = new RoutedApp("document", { DRAIN_SECONDS: "5" });

  /** An editor by a router, and by the other one when that has ended. */
  async function openBy(id: string, router: Router): Promise<Editor> {
    const editor = new Editor(id, () =>
      originOf([router, ...app.routers].find(({ child }) => child.exitCode === null) ?? router),
    );
    await editor.saved();
    await waitFor("it knows its replica", () => replicaOf(editor) !== "");
    return editor;
  }

  const hops = (): Promise<(number | undefined)[]> => app.counts("document_hops_total");

  /** Editors of one document by both routers, who type until the answer is called. */
  async function typeByBoth() {
    const id = await newDocument(originOf(app.routers[0]));
    const [one, other] = app.routers;
    const editors = [await openBy(id, one), await openBy(id, other), await openBy(id, one)];
    await begin(editors);
    const typists = typistsAt(editors);
    const stop = keepTyping(typists);
    await Promise.all(typists.map((typist) => typist.confirmed()));
    const [owner = "", ...others] = new Set(editors.map(replicaOf));
    deepEqual(others, []);
    return {
      owner,
      editors,
      /** Everybody has all keys of all, and is in one replica. */
      finish: async (): Promise<void> => {
        await stop();
        await converge(editors);
        assertTyped(editors[0], typists);
        equal(new Set(editors.map(replicaOf)).size, 1);
      },
    };
  }

  it("sends the editors of a document to one replica through either router, so no update takes a hop", async () => {
    const owners = new Set<string>();
    for (let each = 0; each < DOCUMENTS; each++) {
      const id = await newDocument(originOf(app.routers[each % 2] ?? app.routers[0]));
      const editors = await Promise.all(app.routers.map((router) => openBy(id, router)));
      const [owner = "", ...others] = new Set(editors.map(replicaOf));
      deepEqual(others, []);
      for (const router of app.routers) {
        equal((await get(router.port, `/documents/${id}`)).headers["x-replica"], owner);
        equal((await get(router.port, `/documents/${id}/versions`)).headers["x-replica"], owner);
      }
      editors.forEach((editor, index) => editor.write(`by router ${index}`));
      await converge(editors);
      equal(editors[0]?.paragraphs.length, 2);
      owners.add(owner);
    }
    ok(owners.size > 1);
    deepEqual(await hops(), [0, 0, 0]);
  });

  for (const [signal, code] of [
    ["SIGKILL", 1006],
    ["SIGTERM", 4012],
  ] as const) {
    it(`moves editors that are typing to one other replica when theirs stops by ${signal}`, async () => {
      const { owner, editors, finish } = await typeByBoth();
      const lost = app.replicas[Number(owner.at(-1))];
      lost?.child.kill(signal);
      await lost?.ended;
      await waitFor("all are elsewhere", () => editors.every((each) => replicaOf(each) !== owner));
      await finish();
      deepEqual(new Set(editors.map(({ closed }) => closed[0]?.code)), new Set([code]));
    });
  }

  it("keeps editors on their replica when a router stops and they reconnect through the other one", async () => {
    const { owner, editors, finish } = await typeByBoth();
    const [stopped] = app.routers;
    stopped.child.kill("SIGUSR1");
    equal(await stopped.ended, 0);
    const gone = editors.filter(({ closed }) => closed.length > 0);
    await waitFor("they are back", () => gone.every(({ stateless }) => stateless.length > 1));
    await finish();
    deepEqual(
      editors.map(({ closed }) => closed.length > 0),
      [true, false, true],
    );
    deepEqual(new Set(editors.map(replicaOf)), new Set([owner]));
    deepEqual(await hops(), [0, 0, 0]);
  });
});
