import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  LocalWorkspace,
  type EngineEvent,
  type OutputMap,
  type PulumiFn,
  type Stack as AutomationStack,
} from "@pulumi/pulumi/automation/index.js";
import { runtime } from "@pulumi/pulumi";
import * as state from "@pulumi/pulumi/runtime/state.js";
import { parse, stringify } from "yaml";
import { evaluateProgram } from "../../mocks/program.ts";
import { completeFile, PROJECT } from "../../mocks/stackConfig.ts";
import { nameOf } from "../providers/wire.ts";
import type { Account } from "./account.ts";

/** What the engine did, or would do, with one resource. */
export interface Step {
  op: string;
  type: string;
  name: string;
  urn: string;
}

/** What came of a run of the engine. */
export interface Run {
  succeeded: boolean;
  /** What changes; not what stays as it is. */
  steps: Step[];
  /** The resources at fault, with what the engine says of each. */
  faults: { name: string; urn: string; message: string }[];
  /** All that a person would read. */
  output: string;
}

/** A resource in a stack's state. */
export interface Resource {
  urn: string;
  type: string;
  id?: string;
  protect?: boolean;
  retainOnDelete?: boolean;
  parent?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  dependencies?: string[];
  /** Why it is not ready. */
  initErrors?: string[];
  /** Seconds. */
  customTimeouts?: { create?: number };
}

export interface StackOptions {
  /** Settings that are different from those of the stack's file; undefined takes one away. */
  changes?: Record<string, unknown>;
  /** The stack whose file it has. @default - the one of its name */
  like?: string;
  /** What is run instead of index.ts. */
  program?: PulumiFn;
}

const PROJECT_FILE = new URL("../../../Pulumi.yaml", import.meta.url);
const NO_CHANGE = ["same", "read", "refresh"];

/** What the SDK says when it gets no connection to the engine in time, as may be on a busy computer. */
const NOT_CONNECTED = "14 UNAVAILABLE: No connection established";

/** What the SDK does not declare. */
const { waitForRPCs } = runtime as unknown as { waitForRPCs: () => Promise<void> };
const { getStore } = state as unknown as { getStore: () => { terminated: boolean } };

type Start = (onEvent: (event: EngineEvent) => void) => Promise<unknown>;

/** A stack of the program in an account, worked on by a real engine. */
export class Stack {
  readonly #automation: AutomationStack;
  readonly #file: string;
  readonly #like: string;
  /** Where the engine keeps the state. */
  readonly #state: string;

  private constructor(automation: AutomationStack, file: string, like: string, state: string) {
    this.#automation = automation;
    this.#file = file;
    this.#like = like;
    this.#state = state;
  }

  static async open(account: Account, name: string, options: StackOptions = {}): Promise<Stack> {
    const { changes = {}, like = name, program = runIndex } = options;
    const folder = join(account.folder, "work", name);
    mkdirSync(folder, { recursive: true });
    // The program is not a file: it is run in this process.
    const project = parse(readFileSync(PROJECT_FILE, "utf8")) as object;
    writeFileSync(join(folder, "Pulumi.yaml"), stringify({ ...project, main: undefined }));
    const automation = await LocalWorkspace.createOrSelectStack(
      { stackName: name, projectName: PROJECT, program },
      { workDir: folder, envVars: account.environment, pulumiCommand: account.cli },
    );
    const state = join(account.folder, ".pulumi", "stacks", PROJECT, `${name}.json`);
    const stack = new Stack(automation, join(folder, `Pulumi.${name}.yaml`), like, state);
    stack.configure(changes);
    return stack;
  }

  /** Where a person would run Pulumi. */
  get folder(): string {
    return dirname(this.#file);
  }

  /** Gives the stack the settings of its file, with changes. */
  configure(changes: Record<string, unknown>): void {
    const changed = Object.entries(changes).map(([setting, value]) => [
      setting.includes(":") ? setting : `${PROJECT}:${setting}`,
      value,
    ]);
    const config = { ...completeFile(this.#like), ...(Object.fromEntries(changed) as object) };
    writeFileSync(this.#file, stringify({ config }));
  }

  /** Sets an encrypted setting, or a part of one, by its path. */
  async setSecret(path: string, value: string): Promise<void> {
    await this.#automation.setConfig(`${PROJECT}:${path}`, { value, secret: true }, true);
  }

  preview(): Promise<Run> {
    return run((onEvent) => this.#automation.preview({ onEvent }));
  }

  /** @param continueOnError continues with resources that do not depend on a failed one */
  up({ continueOnError = false } = {}): Promise<Run> {
    return run((onEvent) => this.#automation.up({ onEvent, continueOnError }));
  }

  /** An `up` that is going to lose its engine. */
  upOnce(): Promise<Run> {
    return runOnce((onEvent) => this.#automation.up({ onEvent }));
  }

  destroy({ continueOnError = false } = {}): Promise<Run> {
    return run((onEvent) => this.#automation.destroy({ onEvent, continueOnError }));
  }

  /** What `pulumi destroy` does first. */
  previewDestroy(): Promise<Run> {
    return run((onEvent) => this.#automation.destroy({ onEvent, previewOnly: true }));
  }

  refresh(): Promise<Run> {
    // A person would be asked what came of what was being made when an engine was killed.
    return run((onEvent) => this.#automation.refresh({ onEvent, clearPendingCreates: true }));
  }

  /** URNs of what was being made when the engine ended. */
  async pendingCreates(): Promise<string[]> {
    const exported = await this.#automation.exportStack();
    const { pending_operations: pending = [] } = exported.deployment as {
      pending_operations?: { type: string; resource: { urn: string } }[];
    };
    return pending.filter(({ type }) => type === "creating").map(({ resource }) => resource.urn);
  }

  /** The state as the engine has written it so far. */
  stateText(): string {
    return existsSync(this.#state) ? readFileSync(this.#state, "utf8") : "";
  }

  /** Unlocks the stack after an engine that did not end by itself. */
  cancel(): Promise<void> {
    return this.#automation.cancel();
  }

  outputs(): Promise<OutputMap> {
    return this.#automation.outputs();
  }

  /** Keeps the state, and gives back what restores it. */
  snapshot(): () => void {
    const state = readFileSync(this.#state);
    return () => writeFileSync(this.#state, state);
  }

  /** The stack's resources as the state has them on disk. */
  stored(): Resource[] {
    const { checkpoint } = JSON.parse(readFileSync(this.#state, "utf8")) as {
      checkpoint: { latest: { resources: Resource[] } };
    };
    return checkpoint.latest.resources;
  }

  /** The stack's resources with decrypted secrets. */
  async resources(): Promise<Resource[]> {
    const exported = await this.#automation.exportStack();
    return (exported.deployment as { resources?: Resource[] }).resources ?? [];
  }

  /** Changes the state into one that another version of the program would have left. */
  rewrite(change: (resources: Resource[]) => Resource[]): void {
    const { checkpoint, ...rest } = JSON.parse(readFileSync(this.#state, "utf8")) as {
      checkpoint: { latest: { resources: Resource[] } };
    };
    const { latest } = checkpoint;
    const changed = { ...latest, resources: change(latest.resources) };
    writeFileSync(
      this.#state,
      JSON.stringify({ ...rest, checkpoint: { ...checkpoint, latest: changed } }),
    );
  }

  /** URNs of all resources that a provider made, in alphabetical order. */
  async madeResources(): Promise<string[]> {
    const resources = await this.resources();
    return resources
      .filter(({ id, type }) => id !== undefined && !type.startsWith("pulumi:"))
      .map(({ urn }) => urn)
      .toSorted();
  }
}

/** Repeats what failed for want of a connection between program and engine: nothing was done then. */
async function run(start: Start): Promise<Run> {
  const first = await runOnce(start);
  return first.output.includes(NOT_CONNECTED) ? runOnce(start) : first;
}

async function runOnce(start: Start): Promise<Run> {
  const steps: Step[] = [];
  const faults: Run["faults"] = [];
  const lines: string[] = [];
  const onEvent = ({ resourcePreEvent, diagnosticEvent }: EngineEvent): void => {
    const { op = "same", urn = "", type = "" } = resourcePreEvent?.metadata ?? {};
    if (!NO_CHANGE.includes(op)) {
      steps.push({ op, type, urn, name: nameOf(urn) });
    }
    // Severities are more than their type says: the engine tells of its debugging, too.
    const {
      severity,
      message = "",
      urn: at = "",
    } = (diagnosticEvent ?? {}) as Partial<Record<"severity" | "message" | "urn", string>>;
    if (severity !== "debug") {
      lines.push(message);
    }
    if (severity === "error") {
      faults.push({ urn: at, name: nameOf(at), message });
    }
  };
  try {
    await start(onEvent);
    return { succeeded: true, steps, faults, output: lines.join("") };
  } catch (error) {
    lines.push(error instanceof Error ? error.message : String(error));
    return { succeeded: false, steps, faults, output: lines.join("") };
  }
}

const runIndex: PulumiFn = async () => {
  const program = await evaluateProgram();
  await waitForRPCs();
  // The SDK keeps that to itself, and the engine would delete all that the program did not get to ask for.
  if (getStore().terminated) {
    throw new Error(NOT_CONNECTED);
  }
  return { ...program };
};
