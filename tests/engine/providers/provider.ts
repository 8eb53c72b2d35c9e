import type { Made, Properties } from "./cloud.ts";

/** A resource as the engine wants it, with the configuration of its provider. */
export interface Goal {
  type: string;
  name: string;
  urn: string;
  inputs: Properties;
  config: Properties;
}

/** What one provider does; the engine reaches it by a server. */
export interface Provider {
  /** Whether the account does not have a resource as it is in the state; the provider itself puts there what it makes. @default false */
  isOnlyInState?: boolean;
  /** Inputs with those that the provider adds, and what is wrong with them. */
  check(goal: Goal, old: Properties | undefined): { inputs: Properties; faults: string[] };
  /** What has changed, by paths. @default - all inputs that are different */
  changes?(
    type: string,
    change: { old: Properties; now: Properties; outputs: Properties },
  ): string[];
  /** Whether a change of an input, by its path, makes another resource. */
  replaces(type: string, path: string, change: { old: Properties; now: Properties }): boolean;
  /** Whether another configuration makes another provider, and so all that it made anew. */
  replacesConfig?(change: { old: Properties; now: Properties }): boolean;
  /** Whether the old one has to go before the new one is made. */
  deletesFirst?(type: string, change: { old: Properties; now: Properties }): boolean;
  /** Where the account keeps the resource. */
  keyOf?(id: string, config: Properties): string;
  create(goal: Goal): Made;
  /** What there is of a resource while it is being made. @default - all of it */
  unfinished?(type: string, made: Made): Made;
  /** The resource as it is now; undefined if it is gone. @default - as it was made or changed */
  read?(goal: Goal, id: string, outputs: Properties): Made | undefined;
  /** Outputs that are different after an update. */
  update?(goal: Goal, id: string): Properties;
  /** @throws Refusal where something keeps it */
  delete(goal: Goal, id: string): void;
  invoke?(token: string, inputs: Properties, config: Properties): Properties | undefined;
}
