import { deepEqual, equal, ok } from "node:assert/strict";
import { converge } from "../drivers/documentEditor.ts";
import { TEXT } from "../drivers/documentPage.ts";
import {
  endPostgres,
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
  showsAll,
  typistsAt,
  type Typist,
  Window,
} from "../support/localDocumentTyping.ts";
import type { LocalRun } from "../drivers/localRun.ts";
import { waitFor } from "../drivers/waitFor.ts";

/** Beside two windows. */
const TYPISTS = 20;

/** What befalls the run, and the replica of one who leaves when all that this one typed is shown as saved. */
type Blow = (run: LocalRun, leaver: Typist, leave: () => Promise<void>) => Promise<void>;

const signal =
  (...signals: NodeJS.Signals[]): Blow =>
  async (run, { editor }, leave) => {
    await leave();
    await signalReplica(run, replicaOf(editor), ...signals);
  };

/** Without PostgreSQL nothing may be shown as saved: the replica that did so dies with it. */
const endPostgresAndKill =
  (end: NodeJS.Signals): Blow =>
  async (run, leaver, leave) => {
    const isBack = endPostgres(run, end);
    await waitFor("PostgreSQL has exited", () => run.err.includes('"PostgreSQL has exited'));
    await leaver.type();
    await leave();
    await signalReplica(run, replicaOf(leaver.editor), "SIGKILL");
    await isBack;
  };

const roll: Blow = async (run, _leaver, leave) => {
  await leave();
  run.child.kill("SIGUSR2");
  await waitFor("all are replaced", () => run.err.includes('"roll-out done"'), 240);
};

const BLOWS = {
  cookie: {
    "a replica is stopped and goes on": signal("SIGSTOP", "SIGCONT"),
    "PostgreSQL and a replica are killed": endPostgresAndKill("SIGKILL"),
    "all are rolled": roll,
  },
  key: {
    // The front kills it, as a liveness probe does.
    "their replica is stopped for good": signal("SIGSTOP"),
    "PostgreSQL is restarted and their replica killed": endPostgresAndKill("SIGINT"),
    "all are rolled": roll,
  },
};

describe("npm start with twenty people and two windows in one document", function () {
  this.timeout(480_000);

  const { folder, visit } = useDocumentRuns();

  async function openWindow({ origin }: LocalRun, id: string, name: string) {
    const opened = await visit(`${origin}/documents/${id}`);
    await opened.page.locator(`${TEXT}[contenteditable=true]`).waitFor();
    return { ...opened, window: await Window.at(opened.page, name) };
  }

  for (const [affinity, blows] of Object.entries(BLOWS)) {
    it(`loses no key and nothing saved by ${affinity}: ${Object.keys(blows).join(", ")}`, async () => {
      const args = ["--affinity", affinity, "--drain", "0.5", "--data", folder()];
      const run = await startDocumentRun(...args);
      const people = visitors(run, TYPISTS + Object.keys(blows).length);
      const id = (await people[0]?.create()) ?? "";
      const editors = await openAll(people.splice(0, TYPISTS), id);
      equal(replicasWith(editors).size > 1, affinity === "cookie");
      const typists = typistsAt(editors);
      await begin(editors);
      const opened = [await openWindow(run, id, "A"), await openWindow(run, id, "B")];
      const windows = opened.map(({ window }) => window);
      const left: Typist[] = [];
      const endings = [...typists, ...windows].map((writer) => keepTyping([writer]));

      for (const [index, blow] of Object.values(blows).entries()) {
        const [leaver] = typists.splice(0, 1);
        const endTyping = endings.shift();
        ok(leaver);
        left.push(leaver);
        await blow(run, leaver, async () => {
          await endTyping?.();
          await leaver.confirmed();
          // What this one was shown as saved nobody sends again.
          leaver.editor.close();
        });
        const newcomers = typistsAt(await openAll(people.splice(0, 1), id), "ABC".charAt(index));
        typists.push(...newcomers);
        endings.push(keepTyping(newcomers));
        await Promise.all(typists.map((typist) => typist.confirmed()));
        await Promise.all(windows.map((window) => window.saved()));
      }

      await Promise.all(endings.map((end) => end()));
      await Promise.all(windows.map((window) => window.saved()));
      const present = typists.map(({ editor }) => editor);
      await converge(present);
      await Promise.all(windows.map((window) => showsAll(window, present[0])));
      assertTyped(present[0], [...left, ...typists, ...windows]);
      const faults = opened.flatMap((each) => each.faults);
      deepEqual(
        faults.filter((fault) => !fault.startsWith("WebSocket connection to ")),
        [],
      );
      const codes = present.flatMap(({ closed }) => closed.map(({ code }) => code));
      deepEqual(
        [1006, 4012].filter((code) => !codes.includes(code)),
        [],
      );
    });
  }
});
