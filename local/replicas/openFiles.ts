import { execFileSync } from "node:child_process";

/** Files that are left for the log, the database and pages, however many connections there are. */
const SPARE_FILES = 64;

/** The same for each replica: its channel, its health check, and what replaces it. */
const FILES_PER_REPLICA = 4;

/** A connection that is passed on is two: one to the client and one to the replica. */
const FILES_PER_CONNECTION = 2;

/** Where the system sets no limit. */
const MAX_FILES = 65_536;

/**
 * Connections of clients that the fronts may have together. Without a file left no health check would pass, and all
 * replicas would be taken for dead.
 */
export function connectionsOfFronts(replicas: number): number {
  const files = openFiles() - SPARE_FILES - replicas * FILES_PER_REPLICA;
  return Math.max(1, Math.floor(files / FILES_PER_CONNECTION));
}

/** Files that this process may have open, as what it starts has it from it. */
function openFiles(): number {
  const limit = Number(execFileSync("/bin/sh", ["-c", "ulimit -n"], { encoding: "utf8" }));
  return limit > 0 ? Math.min(limit, MAX_FILES) : MAX_FILES;
}
