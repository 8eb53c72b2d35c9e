import { deepEqual, equal, match, ok } from "node:assert/strict";
import { countedIn } from "../../bench/contenders.ts";
import { closeEditors, converge } from "../drivers/documentEditor.ts";
import { isSaved, reads } from "../drivers/documentPage.ts";
import { DocumentVisitor } from "../drivers/documentVisitor.ts";
import {
  openAll,
  replicaOf,
  replicasWith,
  signalReplica,
  startDocumentRun,
  useDocumentRuns,
  visitors,
} from "../drivers/localDocument.ts";
import {
  assertTyped,
  begin,
  keepTyping,
  Typist,
  typistsAt,
  Window,
} from "../support/localDocumentTyping.ts";
import { pidOf, startLocal } from "../drivers/localRun.ts";
import { freePorts } from "../support/ports.ts";
import { waitFor } from "../drivers/waitFor.ts";

/** So many that by chance alone they would not all miss one of three replicas. */
const PEOPLE = 24;

/** More than four batches of a drain, and fewer than a document may have. */
const WINDOWS = 45;

describe("npm start with the document collaborator", function () {
  // Each test starts many processes, and up to three times.
  this.timeout(120_000);

  const { folder, visit } = useDocumentRuns();

  it("serves it on the third port, and keeps documents, and what is written between runs, from run to run", async () => {
    const first = await freePorts(3);
    const origin = `http://127.0.0.1:${first + 2}`;
    const args = ["--data", folder(), "--replicas", "1", "--drain", "0.1"];
    const all = ["--workloads", "echo,company,document", "--port", String(first), ...args];
    const flags = ["--workloads", "document", "--port", String(first + 2), ...args];

    const run = await startLocal(...all);
    deepEqual(run.out.trimEnd().split("\n"), [
      `echo http://127.0.0.1:${first} source-ip 1 replicas`,
      `company http://127.0.0.1:${first + 1} cookie 1 replicas`,
      `document ${origin} cookie 1 replicas`,
    ]);
    const visitor = new DocumentVisitor(origin, "127.0.1.1");
    const id = await visitor.create("Kept");
    const editor = await visitor.open(id);
    editor.write("first run");
    await editor.saved();
    run.child.kill("SIGTERM");
    equal(await run.ended, 0);
    editor.write("no run");
    equal(editor.isSaved, false);

    const second = await startLocal(...flags);
    await editor.saved();
    editor.write("second run");
    await new Typist(editor, "a").confirmed();
    // Nobody sends it again.
    editor.close();
    second.child.kill("SIGKILL");
    await second.ended;

    await startLocal(...flags);
    const [reader] = await openAll([new DocumentVisitor(origin, "127.0.1.2")], id);
    deepEqual(reader?.paragraphs, ["second run", "no run", "first run"]);
    const { page } = await visit(`${origin}/documents/${id}`);
    await reads(page, "second run\nno run\nfirst run");
  });

  it("keeps a person on a replica by cookie until it dies, and shows what others write on other replicas", async () => {
    const run = await startDocumentRun("--ephemeral");
    match(run.out, /^document http:\S+ cookie 3 replicas\n$/);
    const people = visitors(run, PEOPLE);
    const id = (await people[0]?.create()) ?? "";
    const before = await openAll(people, id);
    const homes = before.map(replicaOf);
    equal(new Set(homes).size, 3);
    closeEditors();
    const editors = await openAll(people, id);
    deepEqual(editors.map(replicaOf), homes);

    const pages = [
      await visit(`${run.origin}/documents/${id}`),
      await visit(`${run.origin}/documents/${id}`),
    ].map(({ page }) => page);
    for (const page of pages) {
      const isThere = (): Promise<void> => page.locator("#replica:not(:empty)").waitFor();
      await isThere();
      const home = await page.textContent("#replica");
      for (let reload = 0; reload < 3; reload++) {
        await page.reload();
        await isThere();
        equal(await page.textContent("#replica"), home);
      }
    }
    editors.forEach((editor, index) => editor.introduce(`Person ${index}`));
    editors.forEach((editor, index) => editor.write(`from ${index}`));
    await converge(editors);
    ok((await countedIn(run, "document_hops_total")) > 0);
    const [lines = ""] = editors.map(({ paragraphs }) => paragraphs.join("\n"));
    equal(lines.split("\n").length, PEOPLE);
    await Promise.all(pages.map((page) => reads(page, lines)));
    await waitFor("all see all", () =>
      editors.every((editor) => editor.people.length === PEOPLE + pages.length),
    );

    const [lost = ""] = homes;
    await signalReplica(run, lost, "SIGKILL");
    await converge(editors);
    await waitFor("those have moved", () =>
      editors.every(({ closed, stateless }) => stateless.length > closed.length),
    );
    editors.forEach(({ closed }, index) => equal(closed.length > 0, homes[index] === lost));
    const moved = editors.map(replicaOf);
    closeEditors();
    deepEqual((await openAll(people, id)).map(replicaOf), moved);
  });

  it("sends all editors of a document to one replica by key, without a hop", async () => {
    const run = await startDocumentRun("--ephemeral", "--affinity", "key");
    match(run.out, /^document http:\S+ key 3 replicas\n$/);
    const people = visitors(run, 6);
    const owners = new Set<string>();
    for (let each = 0; each < 8; each++) {
      const id = (await people[each % 6]?.create()) ?? "";
      const editors = await openAll(people, id);
      equal(replicasWith(editors).size, 1);
      editors.forEach((editor, index) => editor.write(`from ${index}`));
      await converge(editors);
      const [owner = ""] = replicasWith(editors);
      for (const path of ["", "/versions"]) {
        const response = await fetch(`${run.origin}/documents/${id}${path}`, {
          headers: { Accept: "application/json" },
        });
        await response.arrayBuffer();
        equal(response.headers.get("x-replica"), owner);
      }
      owners.add(owner);
    }
    ok(owners.size > 1);
    const id = (await people[0]?.create()) ?? "";
    const together = replicasWith(await openAll(people.slice(0, 1), id));
    const { page } = await visit(`${run.origin}/documents/${id}`);
    const window = await Window.at(page, "Window");
    await window.type();
    await isSaved(page);
    deepEqual(new Set([await page.textContent("#replica")]), together);
    ok((await countedIn(run, "document_updates_saved_total")) > 48);
    equal(await countedIn(run, "document_hops_total"), 0);
  });

  for (const affinity of ["cookie", "key"]) {
    it(`moves editors from a draining replica in batches while they keep typing, by ${affinity}`, async () => {
      const args = ["--ephemeral", "--affinity", affinity, "--replicas", "2", "--drain", "1"];
      const run = await startDocumentRun(...args);
      const people = visitors(run, WINDOWS);
      const [one] = people;
      ok(one);
      const id = await one.create();
      // By cookie it is the windows of one person that are together.
      const whose = people.map((person) => (affinity === "cookie" ? one : person));
      const editors = await openAll(whose, id);
      const [home = "", ...others] = replicasWith(editors);
      deepEqual(others, []);
      await begin(editors);
      const typists = typistsAt(editors.filter((_editor, index) => index % 9 === 0));
      const stop = keepTyping(typists);

      process.kill(pidOf(run, home), "SIGTERM");
      await waitFor("one is elsewhere", () => editors.some((each) => replicaOf(each) !== home));
      const waiting = editors.filter(({ closed }) => closed.length === 0);
      ok(waiting.length > 0);
      await waitFor("all are elsewhere", () => !replicasWith(editors).has(home));
      deepEqual(
        editors.map(({ closed }) => closed.map(({ code }) => code)),
        editors.map(() => [4012]),
      );
      await stop();
      await converge(editors);
      if (affinity === "key") {
        equal(replicasWith(editors).size, 1);
      }
      assertTyped(editors[0], typists);
      await waitFor("it has ended", () => run.err.includes(`"replica":"${home}","code":0,`));
    });
  }
});
