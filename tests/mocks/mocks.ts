import * as pulumi from "@pulumi/pulumi";
import type { MockMonitor } from "@pulumi/pulumi/runtime/mocks.js";
import { CLOUD, Rejection, type Cloud, type Properties } from "./account.ts";
import { answerTo, stateOf } from "./mockCloud.ts";

/** How references to resources are marked: https://www.pulumi.com/docs/reference/ (resource references). */
const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const RESOURCE_SIGNATURE = "5cf8f73096256a8f31e491e813e4eb8e";

/** What the program asks the engine for when it makes a resource. */
export interface Made {
  type: string;
  name: string;
  urn: string;
  inputs: Properties;
  /** URN of the parent, empty at the top. */
  parent: string;
  protect: boolean;
  /** URNs of what has to be there before, by data and by `dependsOn`. */
  dependencies: string[];
  /** URN and id of the provider, empty where it is a default one. */
  provider: string;
  /** The same for all in a component, by package. */
  providers: Record<string, string>;
  timeouts: { create: string; update: string; delete: string };
  ignoreChanges: string[];
  retainOnDelete: boolean;
  /** URNs that it had before. */
  aliases: string[];
  isCustom: boolean;
}

/** The parts of the request that are kept; Pulumi's own type is internal. */
interface Request {
  getType(): string;
  getName(): string;
  getParent(): string;
  getProtect(): boolean;
  getCustom(): boolean;
  getObject(): Parameters<typeof pulumi.runtime.deserializeProperties>[0];
  getProvider(): string;
  getProvidersMap(): { toArray(): [string, string][] };
  getDependenciesList(): string[];
  getIgnorechangesList(): string[];
  getRetainondelete(): boolean;
  getAliasesList(): { getUrn(): string }[];
  getCustomtimeouts(): { getCreate(): string; getUpdate(): string; getDelete(): string };
}

/** What Pulumi's types of an output do not show. */
interface Internals {
  isKnown: Promise<boolean>;
  promise(): Promise<unknown>;
}

type Callback = (error: unknown, response: { getUrn(): string } | undefined) => void;

export interface MockOptions extends Partial<Cloud> {
  project?: string;
  stack?: string;
  /** A preview, in which remote components have given no values yet. */
  preview?: boolean;
}

/** What a program has made and asked since it was mocked. */
export class Recorder {
  readonly made: Made[] = [];
  readonly calls: { token: string; inputs: Properties; provider: string }[] = [];
  readonly failures: unknown[] = [];

  /** Waits until all is made; fails where the program did what no test expects. */
  async settle(): Promise<this> {
    await pulumi.runtime.disconnect();
    const [failure] = this.failures;
    if (failure !== undefined) {
      throw failure instanceof Error ? failure : new Error("the mock failed", { cause: failure });
    }
    return this;
  }

  /** Everything of a type, by the last part of its token. */
  all(type: string): Made[] {
    return this.made.filter((each) => shortType(each.type) === type);
  }

  /** The only resource of the type, or the only one that has the name, too. */
  one(type: string, name?: string): Made {
    const found = this.all(type).filter((each) => name === undefined || each.name === name);
    const [first] = found;
    if (first === undefined || found.length > 1) {
      throw new Error(`there are ${found.length} of ${type} ${name ?? ""}`);
    }
    return first;
  }

  /** How many there are of each type, in alphabetical order. */
  counts(): Record<string, number> {
    const types = this.made.map(({ type }) => shortType(type)).toSorted();
    return types.reduce<Record<string, number>>(
      (counts, type) => ({ ...counts, [type]: (counts[type] ?? 0) + 1 }),
      {},
    );
  }

  /** Whether `later` is made after `earlier` and deleted before it, by any chain of edges. */
  isAfter(later: Made, earlier: Made, seen = new Set<string>()): boolean {
    const edges = [...later.dependencies, later.parent, urnOf(later.provider)];
    return edges.some((urn) => {
      if (urn === earlier.urn) {
        return true;
      }
      const next = this.made.find((each) => each.urn === urn);
      if (next === undefined || seen.has(urn)) {
        return false;
      }
      seen.add(urn);
      return this.isAfter(next, earlier, seen);
    });
  }

  /** Names of what a resource names as to be made before it, of one type. */
  directlyAfter(later: Made, type: string): string[] {
    return later.dependencies
      .filter((urn) => shortType(urn.split("::")[2] ?? "") === type)
      .map((urn) => urn.split("::")[3] ?? "")
      .toSorted();
  }

  /** The resources whose parent is not the component `name` of `type`, without the component. */
  strangersTo(type: string, name: string): string[] {
    const component = this.one(type, name);
    return this.made
      .filter((each) => each !== component && each.parent !== component.urn)
      .map((each) => `${shortType(each.type)} ${each.name}`);
  }
}

/** Connects Pulumi to a recorder, new for each test, instead of an engine. */
export async function mockPulumi(options: MockOptions = {}): Promise<Recorder> {
  const { project = "sockjs-sticky", stack = "test", preview = false, ...cloudOptions } = options;
  const cloud = { ...CLOUD, ...cloudOptions };
  const recorder = new Recorder();
  const mocks: pulumi.runtime.Mocks = {
    newResource: (args) => {
      const child = (type: string, name: string, state: Properties): unknown => {
        const urn = `urn:pulumi:${stack}::${project}::${args.type}$${type}::${name}`;
        const id = `${name}-id`;
        monitor.resources.set(urn, { urn, id, state });
        return { [SIGNATURE_KEY]: RESOURCE_SIGNATURE, urn, id };
      };
      const state = stateOf(args, cloud, child);
      const isRemote = /^(awsx|eks):/.test(args.type);
      return { id: `${args.name}-id`, state: preview && isRemote ? {} : state };
    },
    call: (args) => {
      const inputs = args.inputs as Properties;
      recorder.calls.push({ token: args.token, inputs, provider: args.provider ?? "" });
      try {
        return answerTo(args, cloud);
      } catch (failure) {
        if (!(failure instanceof Rejection)) {
          recorder.failures.push(failure);
        }
        throw failure;
      }
    },
  };
  await pulumi.runtime.setMocks(mocks, project, stack, preview, "organization");
  const monitor = pulumi.runtime.getMonitor() as unknown as MockMonitor;
  record(monitor, recorder);
  return recorder;
}

/** Records what Pulumi's mocks do not receive: parents, order, protection, time limits. */
function record(monitor: MockMonitor, recorder: Recorder): void {
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request: Request, callback: Callback) =>
    register(request, (error: unknown, response: { getUrn(): string } | undefined) => {
      const urn = response?.getUrn() ?? "";
      if (recorder.made.some((each) => each.urn === urn)) {
        error = new Error(`there are two resources ${urn}`);
      }
      if (response === undefined || error !== null) {
        recorder.failures.push(error);
      } else {
        recorder.made.push(madeFrom(request, urn));
      }
      callback(error, response);
    });
}

function madeFrom(request: Request, urn: string): Made {
  const timeouts = request.getCustomtimeouts();
  return {
    type: request.getType(),
    name: request.getName(),
    urn,
    inputs: pulumi.runtime.deserializeProperties(request.getObject()),
    parent: request.getParent(),
    protect: request.getProtect(),
    dependencies: request.getDependenciesList(),
    provider: request.getProvider(),
    providers: Object.fromEntries(request.getProvidersMap().toArray()),
    timeouts: {
      create: timeouts.getCreate(),
      update: timeouts.getUpdate(),
      delete: timeouts.getDelete(),
    },
    ignoreChanges: request.getIgnorechangesList(),
    retainOnDelete: request.getRetainondelete(),
    aliases: request.getAliasesList().map((alias) => alias.getUrn()),
    isCustom: request.getCustom(),
  };
}

/** What is at a path of names and indices in nested values. */
export function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce((inner, step) => (inner as Properties | undefined)?.[step], value);
}

/** The value of an output, when it is known. */
export function valueOf<T>(output: pulumi.Input<T>): Promise<pulumi.Unwrap<T>> {
  return new Promise((resolve) => {
    pulumi.output(output).apply((value) => resolve(value));
  });
}

/** Whether an output has a value; in a preview it may have none yet. */
export function isKnown(output: pulumi.Output<unknown>): Promise<boolean> {
  return (output as unknown as Internals).isKnown;
}

/** The value of an output, or its failure. */
export function promiseOf(output: pulumi.Output<unknown>): Promise<unknown> {
  return (output as unknown as Internals).promise();
}

function shortType(type: string): string {
  return type.replace(/^.*\$/, "").replace(/^(aws|kubernetes|sockjs-sticky):.*:/, "$1:");
}

function urnOf(providerReference: string): string {
  return providerReference.replace(/::[^:]*$/, "");
}
