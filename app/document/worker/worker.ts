import { writeFileSync } from "node:fs";
import { MissingError, TooCostlyError } from "../content/integration.ts";
import { CloseError } from "../protocol/closeError.ts";
import { judge, openCopy } from "../validation/trialDocument.ts";
import { renewed } from "./renewal.ts";
import { DocumentSchema } from "../validation/documentSchema.ts";
import type { JobResponse, JobError, Jobs, JobRequest, WorkerData } from "./jobs.ts";

const { schema, maxBytes } = JSON.parse(process.argv[2] ?? "") as WorkerData;
const documentSchema = new DocumentSchema(schema);

const JOBS: Jobs = {
  judge: (trial) => judge(trial, documentSchema, maxBytes),
  renew: ({ updates }) => renewed(openCopy(updates, Infinity), documentSchema),
};

/** An error in a form that can be sent. */
function jobErrorOf(error: unknown): JobError {
  if (error instanceof MissingError) {
    return { kind: "missing", client: error.client, clock: error.clock };
  }
  if (error instanceof CloseError) {
    return { kind: "refused", as: error.kind, reason: error.message };
  }
  return error instanceof TooCostlyError
    ? { kind: "costly", reason: error.message }
    : { kind: "failed", reason: error instanceof Error ? (error.stack ?? "") : String(error) };
}

/** Makes the kernel kill this process first when memory runs out, and not the replica with its editors. */
function raiseOomScore(): void {
  try {
    writeFileSync("/proc/self/oom_score_adj", "1000");
  } catch {
    // The file exists only on Linux.
  }
}

function run({ name, input }: JobRequest): JobResponse {
  try {
    const job = JOBS[name] as (input: unknown) => unknown;
    return { output: job(input) };
  } catch (error) {
    return { error: jobErrorOf(error) };
  }
}

raiseOomScore();
// Nothing else keeps the process alive: when its parent exits, it exits after its current job.
process.on("message", (order: JobRequest) => process.send?.(run(order)));
