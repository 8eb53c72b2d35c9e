import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { endRuns, runNode, startLocal } from "../tests/drivers/localRun.ts";
import { waitFor } from "../tests/drivers/waitFor.ts";
import { readOptions } from "../verify/options.ts";
import { run } from "../verify/run.ts";

/** Number of rounds; the contenders take turns in each, so other load on the computer affects all of them. */
const ROUNDS = 3;

const SECONDS = 5;

/** Numbers of open sessions of which the memory is compared. */
const FEW = 100;
const MANY = 2100;

/** What one contender did, and the CPU time that it took for this. */
interface Work {
  done: number;
  cpuSeconds: number;
}

/** Compares what one core drives, and prints what a session of the verifier takes. */
export async function benchVerifier(): Promise<void> {
  try {
    const { url } = await startLocal("--workloads", "echo");
    const webSocket = url.replace("http", "ws");
    const paced = ["--sessions", "50", "--rate", "10", "--duration", String(SECONDS)];
    const contenders: [string, () => Promise<Work | undefined>][] = [
      ["wrk: requests", () => wrk(url)],
      ["verify: requests", () => verify(url, "--kind", "http", ...paced)],
      ["verify: WebSocket sessions", () => verify(`${webSocket}/websocket`, "--echo", ...paced)],
      ["verify: SockJS messages", () => verify(url, "--transports", "websocket", ...paced)],
    ];
    const works = contenders.map(([name, work]) => ({ name, work, done: 0, cpuSeconds: 0 }));
    for (let round = 0; round < ROUNDS; round++) {
      for (const sum of works) {
        const { done, cpuSeconds } = (await sum.work()) ?? { done: 0, cpuSeconds: 0 };
        sum.done += done;
        sum.cpuSeconds += cpuSeconds;
      }
    }
    print(works);
    const [few, many] = [await memoryOf(url, FEW), await memoryOf(url, MANY)];
    const each = (many - few) / (MANY - FEW);
    console.log(
      `resident with ${FEW} SockJS sessions ${mib(few)}, with ${MANY} ${mib(many)}: ${each.toFixed(0)} KiB for each session`,
    );
  } finally {
    await endRuns();
  }
}

/** Runs the verifier in this process, which does nothing else. */
async function verify(...args: string[]): Promise<Work> {
  const options = readOptions(args);
  if (options === undefined) {
    throw new Error("there is nothing to verify");
  }
  const before = process.cpuUsage();
  const { subjects } = await run(options, () => undefined, new AbortController().signal);
  const { system, user } = process.cpuUsage(before);
  const done = subjects.reduce((sum, { echoed }) => sum + echoed, 0);
  return { done, cpuSeconds: (user + system) / 1e6 };
}

/** Runs wrk with a connection for each request, as the verifier has; undefined if it is not installed. */
async function wrk(url: string): Promise<Work | undefined> {
  const script = `wrk -t1 -c50 -d${SECONDS}s -H 'Connection: close' ${url} && times`;
  try {
    const { stdout } = await promisify(execFile)("sh", ["-c", script]);
    // The last line is the CPU time of the shell's children: user and system.
    const last = stdout.trim().split("\n").at(-1) ?? "";
    const times = [...last.matchAll(/(\d+)m([\d.]+)s/g)];
    return {
      done: Number(/(\d+) requests in/.exec(stdout)?.[1]),
      cpuSeconds: times.reduce((sum, [, m, s]) => sum + Number(m) * 60 + Number(s), 0),
    };
  } catch {
    return undefined;
  }
}

/** KiB that the verifier keeps resident with so many open sessions. */
async function memoryOf(url: string, sessions: number): Promise<number> {
  const args = ["--sources", "60", "--sessions", String(sessions), "--rate", "0.1"];
  const verifier = runNode("verify/main.ts", [
    ...[url, "--transports", "websocket", "--duration", "60", ...args],
  ]);
  await waitFor("all sessions are open", () =>
    verifier.err.includes(`: ${sessions} sessions open`),
  );
  const status = readFileSync(`/proc/${String(verifier.child.pid)}/status`, "utf8");
  verifier.child.kill("SIGINT");
  await verifier.ended;
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]);
}

function mib(kib: number): string {
  return `${(kib / 1024).toFixed(0)} MiB`;
}

function print(works: readonly (Work & { name: string })[]): void {
  const rates = works.map(({ cpuSeconds, done, name }) => ({ name, rate: done / cpuSeconds }));
  const base = rates[0]?.rate ?? 0;
  console.table(
    Object.fromEntries(
      rates.map(({ name, rate }) => [
        name,
        { "a second of one core": rate.toFixed(0), "of wrk": `× ${(rate / base).toFixed(2)}` },
      ]),
    ),
  );
}
