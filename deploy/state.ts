import { askPulumi } from "./pulumi.ts";

/** A resource in the state, with encrypted secrets. */
export interface Resource {
  urn: string;
  type: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

/** The state of a stack. */
export interface State {
  resources?: Resource[];
  /** Operations that an engine was running when it was killed. */
  pending_operations?: { type: string; resource: Resource }[];
}

/** The state of a stack; undefined if Pulumi cannot export it, because the run that follows shows why. */
export async function stateOf(stack: string): Promise<State | undefined> {
  const exported = await askPulumi(["stack", "export", "--stack", stack]);
  return exported === undefined
    ? undefined
    : (JSON.parse(exported) as { deployment: State }).deployment;
}
