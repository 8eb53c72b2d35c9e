import { setTimeout as sleep } from "node:timers/promises";
import { closeEditors } from "../tests/drivers/documentEditor.ts";
import { visitors } from "../tests/drivers/localDocument.ts";
import type { LocalRun } from "../tests/drivers/localRun.ts";
import { Latencies } from "../verify/latencies.ts";
import {
  compare,
  compared,
  countedIn,
  rotated,
  type Affinity,
  type Contender,
} from "./contenders.ts";
import { SharedDocument, type Sight } from "./sharedDocument.ts";
import { typeInWindows, type WindowOutcome } from "./windowPair.ts";

/** The load of a comparison. */
interface Scene {
  documents: number;
  /** People in each document. */
  people: number;
  /** Keystrokes in each document, by its people in turn. */
  keystrokes: number;
  /** Keystrokes before those that are measured. */
  warmUp: number;
}

const SCENES: readonly Scene[] = [
  { documents: 20, people: 2, keystrokes: 12, warmUp: 2 },
  { documents: 4, people: 20, keystrokes: 60, warmUp: 8 },
];

/** Keys that are pressed in windows, and those before that are not measured. */
const WINDOWS = { keys: 30, warmUp: 5 };

/** Mean time between two keystrokes anywhere, in milliseconds: only few are in flight at once. */
const GAP_MS = 20;

/** Minimum number of values for a 99th percentile. */
const ENOUGH_FOR_P99 = 1000;

/** The results with one affinity. */
export interface Outcome {
  affinity: Affinity;
  /** For each document, the number of people on each replica. */
  perReplica: Map<string, number>[];
  keystrokes: number;
  /** Each keystroke on each other screen. */
  sights: readonly Sight[];
  /** Updates that replicas received from other replicas. */
  hops: number;
}

/** Types in documents with each affinity, side by side, and prints the latencies. */
export async function benchDocuments(): Promise<void> {
  await compare("document", async (contenders) => {
    for (const scene of SCENES) {
      const { documents, people, keystrokes } = scene;
      const size = `${documents} documents, ${people} people and ${keystrokes} keystrokes in each`;
      console.log(`\nfrom key to screen (${size}; compared to key)`);
      console.table(costsOf(await play(scene, contenders)));
    }
    const { keys } = WINDOWS;
    console.log(
      `\nfrom key to another Chromium's window (${keys} keys; not on its replica unless by key)`,
    );
    console.table(windowCostsOf(await typeInWindows(contenders, WINDOWS)));
  });
}

/** Types the same with each affinity. */
export async function play(scene: Scene, contenders: readonly Contender[]): Promise<Outcome[]> {
  try {
    const opened = await Promise.all(contenders.map(({ run }) => openDocuments(run, scene)));
    await type(opened, scene.warmUp);
    await Promise.all(opened.flat().map((document) => document.finish()));
    const before = await Promise.all(contenders.map(hopsOf));
    await type(opened, scene.keystrokes);
    return await Promise.all(
      contenders.map(async (contender, index) => {
        const outcome = await outcomeOf(contender, opened[index] ?? []);
        return { ...outcome, hops: outcome.hops - (before[index] ?? 0) };
      }),
    );
  } finally {
    closeEditors();
  }
}

async function outcomeOf(
  { affinity, run }: Contender,
  documents: readonly SharedDocument[],
): Promise<Outcome> {
  const finished = await Promise.all(documents.map((document) => document.finish()));
  return {
    affinity,
    perReplica: documents.map(({ perReplica }) => perReplica),
    keystrokes: finished.reduce((sum, { keystrokes }) => sum + keystrokes, 0),
    sights: finished.flatMap(({ sights }) => sights),
    hops: await hopsOf({ run }),
  };
}

/** Opens all documents, each with people of its own. */
async function openDocuments(
  run: LocalRun,
  { documents, people }: Scene,
): Promise<SharedDocument[]> {
  const all = visitors(run, documents * people);
  const opened: SharedDocument[] = [];
  for (let each = 0; each < documents; each++) {
    opened.push(await SharedDocument.open(all.slice(each * people, (each + 1) * people)));
  }
  return opened;
}

/** Alternates between the affinities with each keystroke, so other load on the computer affects all of them. */
async function type(
  opened: readonly (readonly SharedDocument[])[],
  keystrokes: number,
): Promise<void> {
  const documents = opened[0]?.length ?? 0;
  for (let each = 0; each < keystrokes * documents; each++) {
    for (const contender of rotated(opened, each)) {
      contender[each % documents]?.type();
      // Random pauses, which cannot be in step with another timer.
      await sleep(GAP_MS * (0.5 + Math.random()));
    }
  }
}

function hopsOf({ run }: Pick<Contender, "run">): Promise<number> {
  return countedIn(run, "document_hops_total");
}

/** A row for each affinity; ratios are relative to key. */
export function costsOf(outcomes: readonly Outcome[]): Record<string, Record<string, string>> {
  const base = figuresOf(outcomes.find(({ affinity }) => affinity === "key")?.sights ?? []);
  const rows = outcomes.map(({ affinity, keystrokes, sights, hops }) => {
    const { p50, p95, p99 } = figuresOf(sights);
    const together = sights.filter(({ isTogether }) => isTogether);
    const apart = sights.filter(({ isTogether }) => !isTogether);
    const row = {
      keystrokes: String(keystrokes),
      seen: String(sights.length),
      "on one replica": `${((100 * together.length) / sights.length).toFixed(0)} %`,
      "hops/keystroke": (hops / keystrokes).toFixed(2),
      "median ms": compared(p50, base.p50),
      "on one: median ms": together.length > 0 ? figuresOf(together).p50.toFixed(1) : "-",
      "on two: median ms": apart.length > 0 ? figuresOf(apart).p50.toFixed(1) : "-",
      "95 % ms": compared(p95, base.p95),
      "99 % ms": sights.length < ENOUGH_FOR_P99 ? "-" : compared(p99, base.p99),
    };
    return [affinity, row] as const;
  });
  return Object.fromEntries(rows);
}

/** A row for each affinity; ratios are relative to key. */
export function windowCostsOf(
  outcomes: readonly WindowOutcome[],
): Record<string, Record<string, string>> {
  const figures = outcomes.map(({ affinity, replicas, latencies }) => {
    const { p50, p95 } = Latencies.of(latencies).percentiles({ p50: 0.5, p95: 0.95 });
    return { affinity, replicas, p50, p95 };
  });
  const base = figures.find(({ affinity }) => affinity === "key");
  const rows = figures.map(({ affinity, replicas, p50, p95 }) => {
    const row = {
      replicas: new Set(replicas).size.toFixed(0),
      "median ms": compared(p50, base?.p50 ?? 0),
      "95 % ms": compared(p95, base?.p95 ?? 0),
    };
    return [affinity, row] as const;
  });
  return Object.fromEntries(rows);
}

function figuresOf(sights: readonly Sight[]) {
  const latencies = sights.map(({ ms }) => ms);
  return Latencies.of(latencies).percentiles({ p50: 0.5, p95: 0.95, p99: 0.99 });
}
