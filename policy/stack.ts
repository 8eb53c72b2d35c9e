import type {
  PolicyResource,
  ReportViolation,
  ResourceValidation,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationPolicy,
} from "@pulumi/policy";

/** A resource with what the program asked for. */
export interface Member<Inputs> {
  resource: PolicyResource;
  inputs: Inputs;
}

/** All resources of a stack, their inputs and their order. */
export class Stack {
  readonly #resources: readonly PolicyResource[];
  readonly #byUrn: ReadonlyMap<string, PolicyResource>;
  readonly #asked: ReadonlyMap<string, ResourceValidationArgs>;

  constructor(
    resources: readonly PolicyResource[],
    asked: ReadonlyMap<string, ResourceValidationArgs>,
  ) {
    this.#resources = resources;
    this.#byUrn = new Map(resources.map((each) => [each.urn, each]));
    this.#asked = asked;
  }

  /** Those of which a reader of inputs, such as `asType`, finds something to tell. */
  all<Inputs>(read: (args: ResourceValidationArgs) => Inputs | undefined): Member<Inputs>[] {
    return this.#resources.flatMap((resource) => {
      const args = this.#asked.get(resource.urn);
      const inputs = args && read(args);
      return inputs === undefined ? [] : [{ resource, inputs }];
    });
  }

  /** The resource that provides another one, with its own dependencies and parent. */
  providerOf(resource: PolicyResource): PolicyResource | undefined {
    return this.#byUrn.get(resource.provider?.urn ?? "");
  }

  /** Whether `later` is made after `earlier`, and deleted before it, by any chain of edges. */
  isAfter(later: PolicyResource, earlier: PolicyResource, seen = new Set<string>()): boolean {
    const edges = [...later.dependencies, later.parent, this.providerOf(later)];
    return edges.some((edge) => {
      if (edge === undefined || seen.has(edge.urn)) {
        return false;
      }
      seen.add(edge.urn);
      return edge.urn === earlier.urn || this.isAfter(edge, earlier, seen);
    });
  }
}

/** A policy about a whole stack. */
export interface StackPolicyArgs {
  name: string;
  description: string;
  validate: (stack: Stack, report: ReportViolation) => void;
}

/**
 * A policy about a whole stack, with the resources' inputs. Pulumi itself gives their outputs, and in a stack's first
 * preview objects of a cluster that is not there yet have none.
 */
export function stackPolicy({
  validate,
  ...policy
}: StackPolicyArgs): ResourceValidationPolicy & StackValidationPolicy {
  const asked = new Map<string, ResourceValidationArgs>();
  return {
    ...policy,
    validateResource: (args) => {
      asked.set(args.urn, args);
    },
    validateStack: ({ resources }, report) => validate(new Stack(resources, asked), report),
  };
}

/** A policy that judges only what is planned: of new resources that `--target` leaves out Pulumi tells no inputs. */
export function ofPlanned(policy: ResourceValidationPolicy): ResourceValidationPolicy {
  const judges = [policy.validateResource ?? []].flat();
  const validateResource = judges.map(
    (judge): ResourceValidation =>
      (args, report) =>
        Object.keys(args.props).length > 0 ? judge(args, report) : undefined,
  );
  return { ...policy, validateResource };
}

/** How a person finds a resource in the preview: `Service echo`. */
export function named({ name, type }: { name: string; type: string }): string {
  return `${type.split(":").at(-1)} ${name}`;
}

/** Whether a resource is made by a component of a type, or by one in it. */
export function isWithin({ urn }: { urn: string }, component: string): boolean {
  const [, , types = ""] = urn.split("::");
  return types.split("$").slice(0, -1).includes(component);
}
