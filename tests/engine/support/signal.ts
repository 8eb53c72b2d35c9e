import { equal } from "node:assert/strict";
import { execFileSync } from "node:child_process";

/** Signals the engine that this process runs. */
export function signalEngine(signal: "SIGINT" | "SIGKILL"): void {
  const processes = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="]).toString().split("\n");
  const engines = processes
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, parent, command = ""]) => parent === String(process.pid) && command.endsWith("pulumi"),
    );
  equal(engines.length, 1);
  process.kill(Number(engines[0]?.[0]), signal);
}
