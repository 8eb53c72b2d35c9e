import type { AppName } from "../app/contract/catalogue.ts";
import { metricAt } from "../tests/drivers/metrics.ts";
import { endRuns, startLocal, type LocalRun } from "../tests/drivers/localRun.ts";

export const AFFINITIES = ["none", "cookie", "key"] as const;
export type Affinity = (typeof AFFINITIES)[number];

/** One side of a comparison: a local run with an affinity. */
export interface Contender {
  affinity: Affinity;
  run: LocalRun;
}

/** Runs an app with each affinity side by side while `work` compares them. */
export async function compare(
  app: AppName,
  work: (contenders: readonly Contender[]) => Promise<void>,
): Promise<void> {
  const contenders: Contender[] = [];
  try {
    for (const affinity of AFFINITIES) {
      const flags = ["--workloads", app, "--ephemeral", "--affinity", `${app}=${affinity}`];
      contenders.push({ affinity, run: await startLocal(...flags) });
    }
    await work(contenders);
  } finally {
    await endRuns();
  }
}

/** Rotates the order of a list, because the last contender runs on a warmer computer. */
export function rotated<Each>(all: readonly Each[], turn: number): Each[] {
  const first = turn % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}

/** The local run's log line about a replica. */
interface LogLine {
  availability?: string;
  replica?: string;
  metricsPort?: number;
}

/** The sum of a counter over all replicas of a run. */
export async function countedIn({ err }: LocalRun, name: string): Promise<number> {
  const ports = new Map<string, number>();
  for (const line of err.split("\n").filter((each) => each.startsWith("{"))) {
    const { availability, replica, metricsPort } = JSON.parse(line) as LogLine;
    if (availability === "routable" && replica !== undefined && metricsPort !== undefined) {
      ports.set(replica, metricsPort);
    }
  }
  const counts = await Promise.all(
    [...ports.values()].map((port) => metricAt(`http://127.0.0.1:${port}`, name)),
  );
  return counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

/** A value in milliseconds, with its ratio to another one. */
export function compared(ms: number, to: number): string {
  return `${ms.toFixed(1)} × ${(ms / to).toFixed(2)}`;
}
