import { readFileSync, statSync } from "node:fs";
import { parseEnv } from "node:util";
import type { Fault } from "../app/contract/fault.ts";
import type { WorkloadSettings } from "../config/workloadSettings.ts";

/** A file with secret values, which git ignores. The environment takes precedence. */
const FILE = new URL("../.env", import.meta.url);

/** The secret values of workloads on this computer, by workload, and what is missing. */
export function readSecrets(workloads: readonly WorkloadSettings[]): {
  by: ReadonlyMap<string, Readonly<Record<string, string>>>;
  faults: Fault[];
} {
  const wanted = workloads.some(({ secrets }) => secrets.length > 0);
  const known = {
    ...(wanted && statSync(FILE, { throwIfNoEntry: false })?.isFile() === true
      ? parseEnv(readFileSync(FILE, "utf8"))
      : {}),
    ...process.env,
  };
  const faults: Fault[] = [];
  const by = new Map<string, Record<string, string>>();
  for (const { name, secrets } of workloads) {
    const values: Record<string, string> = {};
    for (const variable of secrets) {
      const value = known[variable];
      if (value === undefined) {
        faults.push({
          name: variable,
          problem: "is not set",
          mustBe: `set in the environment or in .env, because workload ${name} lists it in its secrets`,
        });
      } else {
        values[variable] = value;
      }
    }
    by.set(name, values);
  }
  return { by, faults };
}
