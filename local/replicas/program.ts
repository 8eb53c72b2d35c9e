import { fork, type ChildProcess, type StdioOptions } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { AppName } from "../../app/contract/catalogue.ts";
import { appEnvironment, childEnvironment } from "../environment.ts";
import { REPLICA_OUTPUT } from "../stderr.ts";
import { COMMAND_ENVIRONMENT } from "./handOver.ts";

const APP_SCRIPT = fileURLToPath(new URL("replica.ts", import.meta.url));
const COMMAND_SCRIPT = fileURLToPath(new URL("commandReplica.ts", import.meta.url));

/** What a replica runs: a built-in app, or a command of the shell in a folder. */
export type Program = { app: AppName } | { command: string; folder: string };

export interface ProgramOptions {
  /** Name of the replica. */
  name: string;
  program: Program;
  /** Environment variables of the program. */
  environment: NodeJS.ProcessEnv;
  drainSeconds: number;
  /** Whether the program itself drains after SIGTERM; otherwise it gets SIGTERM only after the drain. */
  drainsItself: boolean;
}

/** Starts the process of a replica. */
export function startProgram(options: ProgramOptions): ChildProcess {
  const { drainsItself, drainSeconds, environment, name, program } = options;
  const delayMs = drainsItself ? 0 : drainSeconds * 1000;
  const own = {
    ...environment,
    ...(drainsItself ? { DRAIN_SECONDS: String(drainSeconds) } : {}),
    REPLICA_NAME: name,
  };
  const common = {
    // In its own process group: only the front handles a Ctrl-C in the terminal.
    detached: true,
    stdio: ["ignore", REPLICA_OUTPUT, REPLICA_OUTPUT, "ipc"] satisfies StdioOptions,
  };
  if ("app" in program) {
    return fork(APP_SCRIPT, [], {
      ...common,
      env: { ...appEnvironment(), ...own, APP: program.app },
    });
  }
  return fork(COMMAND_SCRIPT, [program.command, String(delayMs)], {
    ...common,
    cwd: program.folder,
    env: {
      ...childEnvironment(),
      REPLICA_NAME: name,
      [COMMAND_ENVIRONMENT]: JSON.stringify(own),
    },
  });
}
