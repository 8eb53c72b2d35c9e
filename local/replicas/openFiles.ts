import { execFileSync } from "node:child_process";

/** Open files reserved for the log, the database and pages. */
const SPARE_FILES = 64;

/** Open files reserved for each replica: its IPC channel, its probe, two pipes in a terminal, and those of its successor. */
const FILES_PER_REPLICA = 8;

/** Open files for each client connection: one to the client and one to the replica. */
const FILES_PER_CONNECTION = 2;

/** The limit if the system sets none. */
const MAX_FILES = 65_536;

/**
 * Maximum number of client connections at all fronts together. Without a free file every probe would fail, and all
 * replicas would count as dead.
 */
export function connectionsOfFronts(replicas: number): number {
  const files = openFiles() - SPARE_FILES - replicas * FILES_PER_REPLICA;
  return Math.max(1, Math.floor(files / FILES_PER_CONNECTION));
}

/** The limit of open files, as a child process inherits it. */
function openFiles(): number {
  const limit = Number(execFileSync("/bin/sh", ["-c", "ulimit -n"], { encoding: "utf8" }));
  return limit > 0 ? Math.min(limit, MAX_FILES) : MAX_FILES;
}
