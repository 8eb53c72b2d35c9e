import { readFileSync } from "node:fs";
import { emitKeypressEvents } from "node:readline";
import { buildPage } from "../app/build.ts";
import { createLog, LOG_LEVELS, type Logger } from "../app/common/log.ts";
import { oneOf, parseSettings, SettingsError } from "../app/common/settings.ts";
import { Front } from "./front.ts";
import { readOptions, type LocalOptions } from "./options.ts";
import { ReplicaSet } from "./replicaSet.ts";

/** Two interrupts within this time are one: npm and the terminal both pass a Ctrl-C on. */
const SAME_SIGNAL_MS = 500;

const EXIT_USAGE = 2;
const EXIT_SIGNALLED_TWICE = 130;

try {
  const { LOG_LEVEL } = parseSettings(
    { LOG_LEVEL: oneOf(LOG_LEVELS).default("info") },
    process.env,
  );
  const options = readOptions(process.argv.slice(2));
  if (options !== undefined) {
    const { log, flush } = createLog({ front: process.pid }, LOG_LEVEL, 2);
    await run(options, log, flush);
  }
} catch (error) {
  if (!(error instanceof SettingsError)) {
    throw error;
  }
  console.error(error.message);
  process.exitCode = EXIT_USAGE;
}

/** Runs the workload until a signal ends it. */
async function run(options: LocalOptions, log: Logger, flush: () => Promise<void>): Promise<void> {
  const { affinity, host, replicas, drain } = options;
  const front: Front = new Front(affinity, () => echo.routable());
  const echo = new ReplicaSet({
    workload: "echo",
    replicas,
    drainSeconds: drain,
    log,
    onChange: () => front.dispatchHeld(),
    onReturned: (socket) => front.hold(socket),
  });
  const port = await listen(front, options);
  handleSignals(echo, flush);
  await buildPage();
  try {
    await echo.start();
  } catch (error) {
    echo.kill();
    console.error(String(error));
    process.exit(1);
  }
  const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  console.log(`echo http://${authority} ${affinity} ${replicas} replicas`);
}

async function listen(front: Front, { port, host }: LocalOptions): Promise<number> {
  try {
    return await front.listen(port, host);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const faults: Record<string, string> = {
      EADDRINUSE: `--port is ${port}: it is in use on ${host}; allowed is a free port, or 0 to pick one`,
      EACCES: `--port is ${port}: this user may not open it; allowed is a free port from 1024 to 65535`,
    };
    throw new SettingsError([
      faults[code ?? ""] ??
        `--host is "${host}": allowed is an address of this computer; for example --host 127.0.0.1`,
    ]);
  }
}

function handleSignals(echo: ReplicaSet, flush: () => Promise<void>): void {
  let stoppingSince = 0;
  const stop = (): void => {
    if (stoppingSince === 0) {
      stoppingSince = Date.now();
      void echo
        .stop()
        .then(flush)
        .then(() => process.exit(0));
    } else if (Date.now() - stoppingSince > SAME_SIGNAL_MS) {
      echo.kill();
      process.exit(EXIT_SIGNALLED_TWICE);
    }
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, stop);
  }
  const roll = (): void => void echo.roll().catch(() => undefined);
  process.on("SIGUSR2", roll);
  handleKeys(stop, roll);
}

/** In a terminal the key r rolls; keys come one by one there, so that Ctrl-C is one of them. */
function handleKeys(stop: () => void, roll: () => void): void {
  if (!process.stdin.isTTY || !isInForeground()) {
    return;
  }
  emitKeypressEvents(process.stdin);
  process.stdin.setRawMode(true);
  process.stdin.on("keypress", (_text, key: { name?: string; ctrl?: boolean }) => {
    if (key.ctrl === true && (key.name === "c" || key.name === "d")) {
      stop();
    } else if (key.name === "r") {
      roll();
    }
  });
  console.error("r rolls the replicas, Ctrl-C drains and ends");
}

/** A background job that changed the terminal would be stopped; Linux tells whose turn it is. */
function isInForeground(): boolean {
  try {
    const stat = readFileSync("/proc/self/stat", "utf8");
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return group === foreground;
  } catch {
    return true;
  }
}
