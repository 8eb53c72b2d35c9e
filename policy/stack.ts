import {
  UnknownValueError,
  type PolicyResource,
  type ReportViolation,
  type ResourceValidation,
  type ResourceValidationArgs,
  type ResourceValidationPolicy,
  type StackValidationPolicy,
  type validateResourceOfType,
} from "@pulumi/policy";
import { cut } from "../app/contract/shown.ts";
import { TARGETED } from "./targeted.ts";
import { reportFault } from "./violation.ts";

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

/** As Pulumi's own, which throws for resources of other types what nobody can tell from a failure. */
export const ofType: typeof validateResourceOfType = (type, judge) => (args, report) => {
  const inputs = args.asType(type);
  return inputs === undefined ? undefined : judge(inputs, args, report);
};

/** A policy that judges only what is planned: of new resources that `--target` leaves out Pulumi tells no inputs. */
export function ofPlanned(policy: ResourceValidationPolicy): ResourceValidationPolicy {
  const judges = [policy.validateResource ?? []].flat();
  const validateResource = judges.map(
    (judge): ResourceValidation =>
      (args, report) =>
        isLeftOut(args) ? undefined : judge(args, report),
  );
  return { ...policy, validateResource };
}

/** A namespace may have no inputs of its own, and then takes any pod. */
function isLeftOut({ props, type }: ResourceValidationArgs): boolean {
  const isNamespace = type.endsWith(":Namespace") && process.env[TARGETED] === undefined;
  return Object.keys(props).length === 0 && !isNamespace;
}

/** A policy that does not fail on what it cannot read: nobody could say that it is right, so that is a violation. */
export function unfailing(
  policy: ResourceValidationPolicy & Partial<StackValidationPolicy>,
): ResourceValidationPolicy & Partial<StackValidationPolicy> {
  const validateResource = [policy.validateResource ?? []]
    .flat()
    .map((judge): ResourceValidation => async (args, report) => {
      await judged(() => judge(args, report), named(args), report);
    });
  const { validateStack } = policy;
  return {
    ...policy,
    validateResource,
    ...(validateStack && {
      validateStack: async (args, report) => {
        await judged(() => validateStack(args, report), "a resource of the stack", report);
      },
    }),
  };
}

async function judged(
  judge: () => Promise<void> | void,
  what: string,
  report: ReportViolation,
): Promise<void> {
  try {
    await judge();
  } catch (error) {
    // Pulumi tells of these that they are known only later.
    if (error instanceof UnknownValueError) {
      throw error;
    }
    const reason = error instanceof Error ? error.message : String(error);
    reportFault(report, {
      name: what,
      problem: `cannot be read (${cut(reason)})`,
      mustBe: "given inputs of the types that its provider takes",
      fix: "correct them",
    });
  }
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
