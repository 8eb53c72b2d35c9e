import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, Option } from "commander";
import type { Affinity } from "../app/contract/catalogue.ts";
import {
  checkSettings,
  numberFrom,
  SettingsError,
  textLike,
  wholeNumberFrom,
  type Values,
} from "../app/contract/settings.ts";
import type { Fault } from "../app/contract/fault.ts";
import { parseCommandLine } from "../terminal/commandLine.ts";
import type { WorkloadSettings } from "../config/workloadSettings.ts";
import { localAffinities, localWorkload, type LocalWorkload } from "./localWorkload.ts";
import { isFolder, triedApp, type TriedAppFlags } from "./triedApp.ts";
import { readSecrets } from "./secrets.ts";
import { readWorkloads } from "./stackFile.ts";

/** Seconds that a replica drains in the local run; on AWS the drain must outlast the load balancer's deregistration. */
const LOCAL_DRAIN_SECONDS = 2;

const MAX_PORT = 65535;

const DATA_FOLDER = fileURLToPath(new URL("../.data/postgres", import.meta.url));

const RULES = {
  replicas: wholeNumberFrom(1, 100, 3).optional(),
  port: wholeNumberFrom(0, MAX_PORT, 8080),
  host: textLike(/^[\w.:-]+$/, "an address of this computer", "127.0.0.1"),
  drain: numberFrom(0, 3600, LOCAL_DRAIN_SECONDS),
};

export interface LocalOptions extends Omit<Values<typeof RULES>, "replicas"> {
  workloads: readonly LocalWorkload[];
  /** Names of the stack's workloads that cannot run on this computer. */
  skipped: readonly string[];
  /** Folder of the database; undefined if no data is kept. */
  data: string | undefined;
}

/** Flags that choose from a stack. */
const STACK_FLAGS = ["stack", "workloads"];

/** The flags as text. */
interface Flags extends TriedAppFlags {
  stack: string;
  workloads?: string;
  data?: string;
  ephemeral?: true;
}

/**
 * Reads the flags of `npm start`.
 *
 * @returns undefined when the person only asked for help
 * @throws SettingsError naming every fault
 */
export function readOptions(args: readonly string[]): LocalOptions | undefined {
  const command = new Command("npm start --")
    .description("Runs the workloads of a stack on this computer, each behind a sticky front.")
    .option("--stack <name>", "stack whose file gives the defaults", "dev")
    .option("--workloads <names>", "names of some of the stack's workloads, comma-separated")
    .option("--replicas <number>", "replicas of each workload")
    .option(
      "--port <number>",
      "port of the first front; the next fronts use the next ports, 0 picks free ports",
      "8080",
    )
    .option("--host <address>", "address of the fronts", "127.0.0.1")
    .option(
      "--affinity <list>",
      "comma-separated, such as company=key; none shows what breaks without affinity",
    )
    .option("--drain <seconds>", "how long a replica drains", String(LOCAL_DRAIN_SECONDS))
    .option("--data <folder>", "where PostgreSQL keeps its data (default: .data/postgres)")
    .addOption(new Option("--ephemeral", "keep no data").conflicts("data"))
    .addOption(
      new Option("--app <folder>", "tries an app without a stack: runs npm start there").conflicts(
        STACK_FLAGS,
      ),
    )
    .addOption(
      new Option("--command <command>", "the same with a command, in --app or here").conflicts(
        STACK_FLAGS,
      ),
    )
    .option("--readiness <path>", "path of such an app that answers 200 when it is ready");
  if (!parseCommandLine(command, args)) {
    return undefined;
  }
  const flags = command.opts<Flags>();
  const isTried = flags.app !== undefined || flags.command !== undefined;
  if (!isTried && flags.readiness !== undefined) {
    const mustBe = "set only with --app or --command";
    throw new SettingsError({ name: "--readiness", got: flags.readiness, mustBe });
  }
  const all = isTried ? [triedApp(flags)] : readWorkloads(flags.stack);
  const stack = localOnes(all, flags.stack);
  const skipped = all.filter((workload) => !isLocal(workload)).map(({ name }) => name);
  const settings = checkSettings(RULES, { ...flags }, (setting) => `--${setting}`);
  const chosen = choose(stack, skipped, flags.workloads);
  const affinities = readAffinities(chosen.workloads, flags.affinity);
  const secrets = readSecrets(chosen.workloads);
  const workloads = chosen.workloads.flatMap(
    (workload) =>
      localWorkload(
        workload,
        affinities.by.get(workload.name) ?? workload.affinity,
        settings.values.replicas ?? workload.replicas,
        secrets.by.get(workload.name) ?? {},
      ) ?? [],
  );
  const faults = [
    ...settings.faults,
    ...chosen.faults,
    ...affinities.faults,
    ...secrets.faults,
    ...folderFaults(chosen.workloads),
    ...portFaults(settings.values.port, workloads.length),
  ];
  if (faults.length > 0 || !settings.isRight) {
    throw new SettingsError(...faults);
  }
  const data = flags.ephemeral === undefined ? resolve(flags.data ?? DATA_FOLDER) : undefined;
  const { port, host, drain } = settings.values;
  return { port, host, drain, workloads, skipped, data };
}

function choose(
  stack: readonly WorkloadSettings[],
  skipped: readonly string[],
  flag: string | undefined,
): { workloads: readonly WorkloadSettings[]; faults: Fault[] } {
  const allowed = stack.map(({ name }) => name);
  const names = flag?.split(",") ?? allowed;
  const isRight = names.every(
    (name, index) => allowed.includes(name) && names.indexOf(name) === index,
  );
  return isRight
    ? {
        workloads: names.flatMap((name) => stack.filter((workload) => workload.name === name)),
        faults: [],
      }
    : {
        workloads: [],
        faults: [
          {
            name: "--workloads",
            got: flag,
            mustBe: `a comma-separated list of ${allowed.join(", ")}, each once`,
            example: allowed[0],
            ...(names.some((name) => skipped.includes(name)) && {
              fix: "set local in a workload to run it on this computer",
            }),
          },
        ],
      };
}

/** Reads a list such as `company=key,echo=none`; an affinity without a workload applies to all that support it. */
function readAffinities(
  workloads: readonly WorkloadSettings[],
  flag: string | undefined,
): { by: Map<string, Affinity>; faults: Fault[] } {
  const by = new Map<string, Affinity>();
  const faults: Fault[] = [];
  for (const item of flag?.split(",") ?? []) {
    const [affinity, name] = item.split("=").reverse();
    const known = workloads.flatMap((workload) => {
      const isMeant = name === undefined || name === workload.name;
      const found = localAffinities(workload).find((each) => each === affinity);
      return isMeant && found !== undefined ? [[workload.name, found] as const] : [];
    });
    known.forEach(([each, found]) => by.set(each, found));
    if (known.length === 0 && workloads.length > 0) {
      const allowed = workloads.map(
        (workload) => `${workload.name}=${localAffinities(workload).join(" or ")}`,
      );
      faults.push({
        name: "--affinity",
        got: item,
        mustBe: allowed.join(", "),
        example: "none",
      });
    }
  }
  return { by, faults };
}

/** @throws SettingsError if there are none */
function localOnes(
  workloads: readonly WorkloadSettings[],
  stack: string,
): readonly WorkloadSettings[] {
  const found = workloads.filter(isLocal);
  if (found.length === 0) {
    throw new SettingsError({
      name: `Pulumi.${stack}.yaml`,
      problem: "has no workload with app or local",
      mustBe: "a stack with one, because this computer runs no images",
      fix: "set local: {command: ..., folder: ...} in a workload",
    });
  }
  return found;
}

function isLocal({ app, local }: WorkloadSettings): boolean {
  return app !== undefined || local !== undefined;
}

function folderFaults(workloads: readonly WorkloadSettings[]): Fault[] {
  return workloads
    .filter(({ local }) => local !== undefined && !isFolder(local.folder))
    .map(({ local, name }) => ({
      name: `local.folder of workload ${name}`,
      got: local?.folder,
      mustBe: "an existing folder",
    }));
}

function portFaults(port = 0, count: number): Fault[] {
  const last = MAX_PORT - count + 1;
  return port <= last
    ? []
    : [
        {
          name: "--port",
          got: port,
          mustBe: `at most ${last}, because ${count} workloads use consecutive ports, or 0 to choose free ones`,
        },
      ];
}
