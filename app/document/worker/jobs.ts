import type { CloseReason } from "../protocol/closeError.ts";
import type { TextSchema } from "../validation/documentSchema.ts";
import type { Judgement, Trial } from "../validation/trialDocument.ts";
import type { Renewal } from "./renewal.ts";

/** The jobs of the process: work that may take long. */
export interface Jobs {
  /** Tries an update on a copy of a document. */
  judge: (input: Trial) => Judgement;
  /** Writes the content of a document again, without what makes it slow to open. */
  renew: (input: { updates: readonly Uint8Array[] }) => Renewal;
}

export type JobName = keyof Jobs;

/** The argument of the process. */
export interface WorkerData {
  schema: TextSchema;
  maxBytes: number;
}

/** A job as it is sent to the process. */
export interface JobRequest {
  name: JobName;
  input: unknown;
}

/** Why a job failed. */
export type JobError =
  | { kind: "missing"; client: number; clock: number }
  | { kind: "refused"; as: CloseReason; reason: string }
  | { kind: "costly"; reason: string }
  | { kind: "failed"; reason: string };

export type JobResponse = { output: unknown } | { error: JobError };
