import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { fileURLToPath } from "node:url";
import { waitFor } from "./waitFor.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Lines that are shown of what a run said last, when its test has failed. */
const LAST_LINES = 20;

/** Lines that are always shown then: warnings, errors, and what became of replicas. */
const ALWAYS_SHOWN = /"level":[456]0|"availability"|"phase"|replica ended/;

const started = new Set<ChildProcess>();

/** Those of the current test, and those before it that had not ended by then. */
let recent: Run[] = [];

/** What a process has said and how it ended. */
export interface Run {
  child: ChildProcess;
  out: string;
  err: string;
  /** Exit code, or signal. */
  ended: Promise<number | string>;
}

/** Runs one of our commands with our own Node, as the npm scripts do. */
export function runNode(script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Run {
  return runCommand([process.execPath, script, ...args], env);
}

/** The same with less of something than others have, such as `-n 40` files, as the shell's ulimit takes it. */
export function runLimited(
  limit: string,
  script: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Run {
  const shell = ["sh", "-c", `ulimit ${limit}; exec "$@"`, ""];
  return runCommand([...shell, process.execPath, script, ...args], env);
}

/** Runs a command in a terminal of its own; what is written to its stdin are keys. */
export function runInTerminal(command: string): Run {
  return runCommand(["script", "-qfec", command, "/dev/null"], {}, "pipe");
}

function runCommand(
  [file = "", ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
  stdin: "ignore" | "pipe" = "ignore",
): Run {
  const child = spawn(file, args, {
    cwd: ROOT,
    // Here all load comes from one address.
    env: { ...process.env, METRICS_PORT: "0", MAX_CREATIONS_PER_SECOND: "100000", ...env },
    stdio: [stdin, "pipe", "pipe"],
  });
  started.add(child);
  const ended = new Promise<number | string>((resolve) =>
    child.once("close", (code, signal) => resolve(code ?? signal ?? "")),
  );
  const run: Run = { child, out: "", err: "", ended };
  recent.push(run);
  child.stdout?.on("data", (data) => (run.out += String(data)));
  child.stderr?.on("data", (data) => (run.err += String(data)));
  return run;
}

/** A local run that is ready. */
export interface LocalRun extends Run {
  pid: number;
  /** Of the first workload. */
  origin: string;
  /** SockJS prefix. */
  url: string;
}

/** Starts what `npm start` starts, on free ports, and waits until it is ready; the echo app by default. */
export async function startLocal(...args: string[]): Promise<LocalRun> {
  const isChosen = ["--workloads", "--app", "--command"].some((flag) => args.includes(flag));
  const workloads = isChosen ? [] : ["--workloads", "echo"];
  const run = runNode("local/main.ts", ["--port", "0", ...workloads, ...args]);
  let isOver = false;
  void run.ended.then(() => (isOver = true));
  await waitFor("the local run is ready", () => run.out.endsWith("replicas\n") || isOver);
  const origin = run.out.split(" ")[1];
  if (origin === undefined || run.child.pid === undefined) {
    throw new Error(`the local run ended: ${run.err}`);
  }
  return Object.assign(run, { pid: run.child.pid, origin, url: `${origin}/echo` });
}

/** Ends whatever a test has left, as a killed front does it: its guard ends what it has started. */
export async function endRuns(): Promise<void> {
  const exits = [...started].map(async (child) => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = new Promise((resolve) => child.once("exit", resolve));
      const descendants = descendantsOf(child.pid ?? 0);
      child.kill("SIGKILL");
      await exited;
      await waitFor("nothing of it is left", () => !descendants.some(isAlive));
    }
  });
  await Promise.all(exits);
  started.clear();
}

/** Prints, after a failed test, the last lines of its runs, which may be the only clue. */
export function printFailedRuns(hasFailed: boolean): void {
  for (const { child, err } of hasFailed ? recent : []) {
    const lines = err.trimEnd().split("\n");
    const shown = lines.filter(
      (line, index) => ALWAYS_SHOWN.test(line) || index >= lines.length - LAST_LINES,
    );
    process.stderr.write(`${child.spawnargs.join(" ")} wrote:\n${shown.join("\n")}\n`);
  }
  recent = recent.filter(({ child }) => child.exitCode === null && child.signalCode === null);
}

/** The processes that a process has started, and those that these have started. */
export function descendantsOf(parent: number): number[] {
  return childrenOf(parent).flatMap((pid) => [pid, ...descendantsOf(pid)]);
}

/** The processes that a process has started, they|as Linux reports. */
export function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && parentOf(pid) === parent);
}

/** The processes of the replicas, by their names. */
export function replicasOf({ pid }: { pid: number }): Map<string, number> {
  const replicas = new Map<string, number>();
  for (const child of childrenOf(pid)) {
    const name = /\0REPLICA_NAME=([^\0]+)/.exec(`\0${environmentOf(child)}`)?.[1];
    if (name !== undefined) {
      replicas.set(name, child);
    }
  }
  return replicas;
}

/** Its environment, each variable with a NUL after it; nothing of a process that has ended meanwhile. */
export function environmentOf(pid: number): string {
  return readOf(pid, "environ");
}

/** Processes whose command lines, with a NUL after each argument, have a text. */
export function processesWith(text: string): number[] {
  const all = readdirSync("/proc").map(Number);
  return all.filter((pid) => pid > 0 && readOf(pid, "cmdline").includes(text) && isAlive(pid));
}

function readOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

/** Whether there is such a process; one that ended and was not yet reaped is none. */
export function isAlive(pid: number): boolean {
  return parentOf(pid) !== undefined;
}

/** The process that has started a process, as long as both are there. */
export function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" ? undefined : Number(parent);
  } catch {
    return undefined;
  }
}

/** The replica that answers a new connection from an address. */
export async function replicaOf(origin: string, source: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request(`${origin}/healthz`, { localAddress: source, agent: false }, (response) => {
      response.resume();
      resolve(String(response.headers["x-replica"]));
    })
      .once("error", reject)
      .end();
  });
}

/** Signals a process that must exist; without one, `process.kill(0)` would signal this process and all others of its group. */
export function signal(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) {
    throw new Error(`there is no process for ${name}`);
  }
  process.kill(pid, name);
}

/** The process of a replica. */
export function pidOf(run: LocalRun, replica: string): number {
  const pid = replicasOf(run).get(replica);
  if (pid === undefined) {
    throw new Error(`no process of ${replica}`);
  }
  return pid;
}
