import * as pulumi from "@pulumi/pulumi";
import { at, type Made, type MockOptions, type Recorder } from "../mocks/mocks.ts";
import type { Properties } from "../mocks/account.ts";
import { runProgram } from "../mocks/program.ts";

/** What Pulumi gives a policy for a value that is not known before `up`. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A resource as Pulumi shows it to policies. */
export interface Planned {
  urn: string;
  type: string;
  name: string;
  inputs: Properties;
  parent: string;
  dependencies: string[];
  /** URNs by the inputs that are made from them. */
  propertyDependencies?: Record<string, string[]>;
  /** URN of its provider. */
  provider: string;
}

/** A stack of the real program, before one thing in it is changed. */
export class Plan {
  readonly resources: Planned[];

  constructor(resources: readonly Planned[]) {
    this.resources = structuredClone([...resources]);
  }

  /** The only resource of a type, or of it and the name; the type by its last part. */
  one(type: string, name?: string): Planned {
    const found = this.resources.filter(
      (each) => each.type.split(":").at(-1) === type && (name === undefined || each.name === name),
    );
    const [first] = found;
    if (first === undefined || found.length > 1) {
      throw new Error(`there are ${found.length} of ${type} ${name ?? ""}`);
    }
    return first;
  }

  /** Adds a resource beside another one. */
  add(type: string, inputs: Properties, beside: Planned): void {
    const urn = `${beside.urn.split("::").slice(0, 2).join("::")}::${type}::added`;
    this.resources.push({ ...beside, urn, type, name: "added", inputs, dependencies: [] });
  }

  /** Puts another value at a path of a resource's inputs; undefined is as if it were not there. */
  put(planned: Planned, path: readonly (string | number)[], value: unknown): void {
    const holder = at(planned.inputs, ...path.slice(0, -1)) as Properties;
    holder[path.at(-1) ?? ""] = value;
  }

  /** Puts other words into a text at a path, which has to have the old ones. */
  reword(planned: Planned, path: readonly (string | number)[], old: string, now: string): void {
    const text = at(planned.inputs, ...path);
    if (typeof text !== "string" || !text.includes(old)) {
      throw new Error(`there is no ${old} in ${JSON.stringify(text)}`);
    }
    this.put(planned, path, text.replace(old, now));
  }

  remove(planned: Planned): void {
    this.resources.splice(this.resources.indexOf(planned), 1);
  }
}

/** What the program asks for in a stack; with `preview` as before it was ever made. */
export async function planOf(
  stack: string,
  changes: Record<string, unknown> = {},
  options: MockOptions = {},
): Promise<Plan> {
  const { recorder } = await runProgram(stack, changes, options);
  return planFrom(recorder);
}

/** What any program has asked for under mocks. */
export function planFrom(recorder: Recorder): Plan {
  const urns = new Map<string, string>();
  const real = (urn: string): string => urns.get(urn) ?? urn;
  const resources = recorder.made.map((made) => {
    urns.set(made.urn, qualified(made, real(made.parent)));
    return {
      ...made,
      urn: real(made.urn),
      inputs: asSent(made.inputs) as Properties,
      parent: real(made.parent),
      dependencies: made.dependencies.map(real),
      provider: real(made.provider.replace(/::[^:]*$/, "")),
    };
  });
  return new Plan([...resources, ...resources.flatMap(childOf)]);
}

/** The URN with the types of all components around a resource; mocks have only that of the innermost. */
function qualified({ urn, type, name }: Made, parent: string): string {
  const stack = urn.split("::").slice(0, 2).join("::");
  const around = parent.split("::")[2] ?? "pulumi:pulumi:Stack";
  const types = around === "pulumi:pulumi:Stack" ? type : `${around}$${type}`;
  return `${stack}::${types}::${name}`;
}

/** The part of a remote component that policies are about; mocks show none. */
function childOf(component: Planned): Planned[] {
  const type = "aws:eks/cluster:Cluster";
  const { enabledClusterLogTypes, name } = component.inputs;
  return component.type === "eks:index:Cluster"
    ? [
        {
          urn: component.urn.replace(/::([^:]*)$/, `$${type}::$1-eksCluster`),
          type,
          name: `${component.name}-eksCluster`,
          inputs: { enabledClusterLogTypes, name },
          parent: component.urn,
          dependencies: [],
          provider: "",
        },
      ]
    : [];
}

function asSent(value: unknown): unknown {
  if (value === pulumi.unknown) {
    return UNKNOWN;
  }
  if (Array.isArray(value)) {
    return value.map(asSent);
  }
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, asSent(each)]))
    : value;
}
