import * as pulumi from "@pulumi/pulumi";
import { unknownInputs } from "../sdk.ts";
import { Cluster } from "./cluster.ts";
import { Repository } from "./repository.ts";
import { Vpc } from "./vpc.ts";

/** What a remote component is when it has been made. */
interface Component extends pulumi.ComponentResource {
  readonly state: Record<string, unknown>;
}

/** The components of awsx and eks that the program uses; their children are what the published ones were seen to make. */
const COMPONENTS: Readonly<
  Record<
    string,
    new (name: string, args: never, opts: pulumi.ComponentResourceOptions) => Component
  >
> = {
  "awsx:ec2:Vpc": Vpc,
  "awsx:ecr:Repository": Repository,
  "eks:index:Cluster": Cluster,
};

const provider: pulumi.provider.Provider = {
  // As new as any SDK asks for.
  version: "999.0.0",
  construct: (name, type, inputs, opts) => {
    const Class = COMPONENTS[type];
    const faults = Class === undefined ? ["no test expects it"] : unknownInputs(type, inputs);
    if (Class === undefined || faults.length > 0) {
      return Promise.reject(new Error(`${type}: ${faults.join("; ")}`));
    }
    const { urn, state } = new Class(name, inputs as never, opts);
    return Promise.resolve({ urn, state });
  },
};

// Its parent is gone when it has nothing more to say.
process.stdin.on("end", () => process.exit()).resume();
await pulumi.provider.main(provider, process.argv.slice(2));
