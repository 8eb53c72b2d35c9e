import { fork, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Logger } from "../../app/contract/log.ts";
import { SettingsError } from "../../app/contract/settings.ts";
import { childEnvironment } from "../environment.ts";
import type { Guard } from "../guard.ts";
import { placeOf } from "./place.ts";
import type { PostgresReport, PostgresTask } from "./process.ts";

const SCRIPT = fileURLToPath(new URL("process.ts", import.meta.url));

/** Milliseconds until PostgreSQL must have stopped, or is killed. */
const STOP_MS = 10_000;

/** Where the data are, and a preferred port; `ephemeral` data are removed when PostgreSQL exits. */
export type PostgresData = { folder: string; port?: number } | { ephemeral: true };

export interface PostgresOptions {
  log?: Logger;
  /** Stops it when this process is killed. */
  guard?: Guard;
  /** Stops it gracefully, also while it starts. */
  signal?: AbortSignal;
}

/** A PostgreSQL that accepts connections. */
export interface Postgres {
  /** With user and password. */
  url: string;
  /** The server's own process, whose children serve the connections. */
  pid: number;
  /** Resolves when it has exited, for whatever reason. */
  ended: Promise<void>;
  /** Stops it gracefully, so the next start has nothing to recover; kills it after 10 s. */
  stop(): Promise<void>;
}

/**
 * Starts a real PostgreSQL on 127.0.0.1.
 *
 * @throws SettingsError when it does not start on these data
 * @throws Error when it was stopped before, or its process was killed
 */
export async function startPostgres(
  data: PostgresData,
  maxConnections: number,
  { log, guard, signal }: PostgresOptions = {},
): Promise<Postgres> {
  signal?.throwIfAborted();
  const isEphemeral = "ephemeral" in data;
  const named = isEphemeral
    ? resolve(tmpdir(), `sockjs-sticky-${randomUUID()}`)
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
  const ended = endOf(child);
  guard?.watchChild(child);
  const stop = async (): Promise<void> => {
    if (child.connected) {
      child.disconnect();
    }
    const timer = setTimeout(() => killGroup(child), STOP_MS);
    await ended;
    clearTimeout(timer);
  };
  const abort = (): void => void stop();
  signal?.addEventListener("abort", abort);
  void ended.then(() => signal?.removeEventListener("abort", abort));
  try {
    const { url, pid } = await ready(child, log);
    return { url, pid, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function launch(task: PostgresTask): ChildProcess {
  return fork(SCRIPT, [JSON.stringify(task)], {
    env: childEnvironment(),
    cwd: "/",
    // Leads a process group: a Ctrl-C in the terminal must not end it before the replicas, and its children can be killed
    // with it.
    detached: true,
    stdio: ["ignore", "ignore", 2, "ipc"],
  });
}

/** Resolves when it has exited, and its leftovers are killed if it was. */
function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("error", () => resolve());
    child.once("exit", (code) => {
      if (code !== 0) {
        killGroup(child);
      }
      resolve();
    });
  });
}

/** Waits until it accepts connections; PostgreSQL's output goes to the log, also afterwards. */
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
          reject(new SettingsError(report.fault));
          break;
      }
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error("PostgreSQL exited before it was ready")));
  });
}

/** Kills a process group, which may outlive its leader. */
function killGroup({ pid }: ChildProcess): void {
  try {
    process.kill(-Number(pid), "SIGKILL");
  } catch {
    // It has exited.
  }
}
