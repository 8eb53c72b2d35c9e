import { fork, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Logger } from "../app/common/log.ts";
import { SettingsError } from "../app/common/settings.ts";
import type { Guard } from "./guard.ts";
import { placeOf } from "./postgresPlace.ts";
import type { PostgresReport, PostgresTask } from "./postgresProcess.ts";

const SCRIPT = fileURLToPath(new URL("postgresProcess.ts", import.meta.url));

/** How long PostgreSQL may take to stop before it is killed. */
const STOP_MS = 10_000;

/** Where the data are, and the port unless a free one will do; `ephemeral` data go when PostgreSQL ends. */
export type PostgresData = { folder: string; port?: number } | { ephemeral: true };

/** A PostgreSQL that takes connections. */
export interface Postgres {
  /** With user and password. */
  url: string;
  /** The server's own process, whose children serve the connections. */
  pid: number;
  /** Resolves when it has ended, for whatever reason. */
  ended: Promise<void>;
  /** Ends it in order, so that the next start has nothing to recover; kills it when that takes too long. */
  stop(): Promise<void>;
}

/**
 * Starts a real PostgreSQL on 127.0.0.1.
 *
 * @param guard ends it when this process was killed
 * @throws SettingsError when it does not start on these data
 */
export async function startPostgres(
  data: PostgresData,
  maxConnections: number,
  log?: Logger,
  guard?: Guard,
): Promise<Postgres> {
  const isEphemeral = "ephemeral" in data;
  const named = isEphemeral
    ? join(tmpdir(), `sockjs-sticky-${randomUUID()}`)
    : resolve(data.folder);
  if (isEphemeral) {
    guard?.removeAtEnd(named);
  }
  const place = placeOf(named);
  if (place.folder !== named) {
    log?.warn(`user postgres cannot reach ${named}: the data are in ${place.folder}`);
    if (isEphemeral) {
      guard?.removeAtEnd(place.folder);
    }
  }
  const port = isEphemeral ? undefined : data.port;
  const child = launch({ ...place, named, port, maxConnections, isEphemeral });
  const exited = once(child, "exit");
  guard?.watchChild(child);
  const { url, pid } = await ready(child, log);
  guard?.watch(pid);
  const ended = exited.then(([code]) => {
    if (code !== 0) {
      // Its process was killed, and has left it behind.
      kill(pid);
    }
    guard?.forget(pid);
  });
  const stop = async (): Promise<void> => {
    if (child.connected) {
      child.disconnect();
    }
    const timer = setTimeout(() => {
      kill(pid);
      child.kill("SIGKILL");
    }, STOP_MS);
    await ended;
    clearTimeout(timer);
  };
  return { url, pid, ended, stop };
}

function launch(task: PostgresTask): ChildProcess {
  // PostgreSQL takes settings from PGPORT and others of that kind, which here are meant for somebody else.
  const env = Object.entries(process.env).filter(([name]) => !name.startsWith("PG"));
  return fork(SCRIPT, [JSON.stringify(task)], {
    env: Object.fromEntries(env),
    cwd: "/",
    // In a process group of its own, or a Ctrl-C in the terminal would end it before the replicas.
    detached: true,
    stdio: ["ignore", "ignore", 2, "ipc"],
  });
}

/** Waits until it takes connections; what PostgreSQL says goes to the log, also afterwards. */
function ready(child: ChildProcess, log?: Logger): Promise<{ url: string; pid: number }> {
  return new Promise((resolve, reject) => {
    child.on("message", (report: PostgresReport) => {
      switch (report.type) {
        case "log":
          log?.[report.level]({ postgres: report.line });
          break;
        case "ready":
          resolve(report);
          break;
        case "failed":
          reject(new SettingsError([report.fault]));
          break;
      }
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error("PostgreSQL ended before it was ready")));
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended, as it should.
  }
}
