import { CATALOGUE, routingOf, type Affinity } from "../app/contract/catalogue.ts";
import type { HttpRouting } from "../app/contract/httpRouting.ts";
import { environmentOf, storageOf, type WorkloadSettings } from "../config/workloadSettings.ts";
import type { Program } from "./replicas/program.ts";

/** One of the workloads to run. */
export interface LocalWorkload {
  name: string;
  /** What its replicas run. */
  program: Program;
  affinity: Affinity;
  replicas: number;
  /** Environment variables of its replicas. */
  environment: Readonly<Record<string, string>>;
  /** Where it stores data. */
  storage: ReturnType<typeof storageOf>;
  /** Path that answers 200 while a replica accepts new work. */
  readinessPath: string;
  /** Whether a replica itself drains after SIGTERM; otherwise it gets SIGTERM only after the drain. */
  drainsItself: boolean;
  /** How its requests are routed; undefined if its connections are balanced instead. */
  routing: HttpRouting | undefined;
  /** Seconds without data after which the front closes a connection. */
  idleTimeoutSeconds: number;
}

/**
 * A workload of a stack as this computer runs it; undefined if the stack does not say how.
 *
 * @param secrets values of its secret variables
 */
export function localWorkload(
  workload: WorkloadSettings,
  affinity: Affinity,
  replicas: number,
  secrets: Readonly<Record<string, string>>,
): LocalWorkload | undefined {
  const { app, cookie, idleTimeoutSeconds, keys = [], local } = workload;
  const program = app === undefined ? local : { app };
  const isRouted =
    app === undefined
      ? workload.affinity === "cookie" || workload.affinity === "key"
      : routingOf(app) !== undefined;
  return (
    program && {
      name: workload.name,
      program,
      affinity,
      replicas,
      environment: { ...environmentOf(workload, false), ...secrets },
      storage: storageOf(workload),
      readinessPath: workload.readinessPath,
      drainsItself: workload.shutdown === "drains",
      routing: isRouted ? { cookie, keyRoutes: keys, idleTimeoutSeconds } : undefined,
      idleTimeoutSeconds,
    }
  );
}

/** Affinities that a workload supports here, with `none` to see what breaks. */
export function localAffinities({ affinity, app }: WorkloadSettings): Affinity[] {
  const supported: readonly Affinity[] = app === undefined ? [affinity] : CATALOGUE[app].affinities;
  return [...new Set<Affinity>([...supported, "none"])];
}
