import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { openPage, startBrowser } from "./browser.ts";
import { closeEditors, type Editor } from "./documentEditor.ts";
import { DocumentVisitor } from "./documentVisitor.ts";
import { endRuns, pidOf, signal, startLocal, type LocalRun } from "./localRun.ts";
import { waitFor } from "./waitFor.ts";

/**
 * For the tests of a `describe`, at whose end the runs and the editors of each end.
 *
 * @returns a folder for data, which each test has anew, and what opens a page in a browser's window
 */
export function useDocumentRuns() {
  let browser: Browser;
  let folder: string;

  before(async () => (browser = await startBrowser()));
  after(() => browser.close());

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "local-document-"));
  });

  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    closeEditors();
    await endRuns();
    rmSync(folder, { recursive: true, force: true });
  });

  return { folder: () => folder, visit: (url: string) => openPage(browser, url) };
}

/** Starts what `npm start` starts, with the document collaborator alone. */
export function startDocumentRun(...args: string[]): Promise<LocalRun> {
  return startLocal("--workloads", "document", ...args);
}

/** People, each with cookies and an address of their own. */
export function visitors({ origin }: Pick<LocalRun, "origin">, count: number): DocumentVisitor[] {
  return Array.from(
    { length: count },
    (_, index) => new DocumentVisitor(origin, `127.0.1.${index + 1}`),
  );
}

/** Opens a document for each of these people; resolves when all have loaded it. */
export async function openAll(people: readonly DocumentVisitor[], id: string): Promise<Editor[]> {
  const editors = await Promise.all(people.map((person) => person.open(id)));
  await Promise.all(editors.map((editor) => editor.saved()));
  await waitFor("all know their replica", () => editors.every((one) => replicaOf(one) !== ""));
  return editors;
}

/** The name of the replica that an editor is connected to, or was last. */
export function replicaOf({ stateless }: Editor): string {
  const { name = "" } = JSON.parse(stateless.at(-1) ?? "{}") as { name?: string };
  return name;
}

/** The replicas of editors, of each once. */
export function replicasWith(editors: readonly Editor[]): Set<string> {
  return new Set(editors.map(replicaOf));
}

/** Signals a replica's process; resolves when the front sends requests to it, or to its successor, again. */
export async function signalReplica(
  run: LocalRun,
  name: string,
  ...signals: readonly NodeJS.Signals[]
): Promise<void> {
  const pid = pidOf(run, name);
  const seen = availabilities(run, name);
  for (const each of signals) {
    signal(pid, each);
    await waitFor(`${name} is left out`, () => availabilities(run, name).length > seen.length);
  }
  await waitFor(
    `${name} is back`,
    () => availabilities(run, name).slice(seen.length).includes("routable"),
    60,
  );
}

/** How available a replica was to the front, one state after the other, as its log says. */
function availabilities({ err }: LocalRun, name: string): string[] {
  const all = err.matchAll(
    /"replica":"([^"]+)","port":\d+,"metricsPort":\d+,"availability":"(\w+)"/g,
  );
  return [...all].filter(([, replica]) => replica === name).map(([, , state = ""]) => state);
}

/** The server processes of the PostgreSQL of a run, one for each start. */
function postgresPids({ err }: LocalRun): number[] {
  const starts = err.matchAll(/"pid":(\d+),"port":"\d+","msg":"PostgreSQL is ready"/g);
  return [...starts].map(([, pid]) => Number(pid));
}

/** Ends the PostgreSQL of a run by a signal; resolves when it was started again. */
export async function endPostgres(run: LocalRun, name: NodeJS.Signals): Promise<void> {
  const before = postgresPids(run);
  signal(before.at(-1), name);
  await waitFor("PostgreSQL is back", () => postgresPids(run).length > before.length, 60);
}
