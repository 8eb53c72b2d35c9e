import { askPulumi } from "./pulumi.ts";

/** A resource as the state has it; secrets are encrypted. */
export interface Resource {
  urn: string;
  type: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

/** What Pulumi knows of a stack. */
export interface State {
  resources?: Resource[];
  /** What an engine was doing when it was killed. */
  pending_operations?: { type: string; resource: Resource }[];
}

/** Undefined where Pulumi gives none: it says why when it is run. */
export async function stateOf(stack: string): Promise<State | undefined> {
  const exported = await askPulumi(["stack", "export", "--stack", stack]);
  return exported === undefined
    ? undefined
    : (JSON.parse(exported) as { deployment: State }).deployment;
}
