import { equal } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { waitFor } from "../../drivers/waitFor.ts";
import type { Trouble } from "../providers/cloud.ts";
import type { Account } from "./account.ts";
import type { Run, Stack } from "./stack.ts";

/** How many looks at a state that stays the same mean that the engine waits for what hangs, and writes nothing. */
const QUIET_LOOKS = 25;

/**
 * Runs `up`, in which the operations hang, and signals the engine when it waits for nothing else: killed while it writes, it
 * would leave half a state.
 *
 * @param number how many operations hang
 */
export async function interruptedUp(
  account: Account,
  stack: Stack,
  signal: "SIGINT" | "SIGKILL",
  number: number,
  hangs: (operation: Parameters<Trouble>[0]) => boolean,
): Promise<Run> {
  const { cloud } = account;
  let hanging = 0;
  cloud.trouble = (operation) => {
    if (!hangs(operation)) {
      return undefined;
    }
    hanging += 1;
    return "hangs";
  };
  const running = stack.upOnce();
  let [last, looks] = ["", 0];
  const quiet = waitFor(
    "the engine waits for what hangs",
    () => {
      const state = stack.stateText();
      looks = state === last && hanging === number ? looks + 1 : 0;
      last = state;
      return looks === QUIET_LOOKS;
    },
    120,
  );
  // If the engine exits on its own, its run reports the fault better.
  await Promise.race([quiet, running]);
  equal(hanging, number);
  signalEngine(signal);
  const run = await running;
  cloud.trouble = () => undefined;
  equal(run.succeeded, false);
  return run;
}

/** Signals the engine that this process runs. */
function signalEngine(signal: "SIGINT" | "SIGKILL"): void {
  const processes = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="]).toString().split("\n");
  const engines = processes
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, parent, command = ""]) => parent === String(process.pid) && command.endsWith("pulumi"),
    );
  equal(engines.length, 1);
  process.kill(Number(engines[0]?.[0]), signal);
}
