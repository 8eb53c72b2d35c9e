import { parentPort, workerData } from "node:worker_threads";
import { MissingError, TooCostlyError } from "../content/integration.ts";
import { Refusal } from "../limits.ts";
import { judge, openCopy } from "../intake/rehearsal.ts";
import { renewed } from "./renewal.ts";
import { Shape } from "../intake/shape.ts";
import type { Fault, Jobs, Order, WorkerData } from "./workshop.ts";

const { schema, maxBytes } = workerData as WorkerData;
const shape = new Shape(schema);

const JOBS: Jobs = {
  judge: (trial) => judge(trial, shape, maxBytes),
  renew: ({ updates }) => renewed(openCopy(updates, Infinity), shape),
};

/** An error as it can be sent. */
function faultOf(error: unknown): Fault {
  if (error instanceof MissingError) {
    return { kind: "missing", client: error.client, clock: error.clock };
  }
  if (error instanceof Refusal) {
    return { kind: "refused", as: error.kind, reason: error.message };
  }
  return error instanceof TooCostlyError
    ? { kind: "costly", reason: error.message }
    : { kind: "failed", reason: error instanceof Error ? (error.stack ?? "") : String(error) };
}

parentPort?.on("message", ({ name, input }: Order) => {
  try {
    const run = JOBS[name] as (input: unknown) => unknown;
    parentPort?.postMessage({ output: run(input) });
  } catch (error) {
    parentPort?.postMessage({ fault: faultOf(error) });
  }
});
