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

/** A resource with its inputs. */
export interface Member<Inputs> {
  resource: PolicyResource;
  inputs: Inputs;
}

/** All resources of a stack, their inputs and their order. */
export class Stack {
  readonly #resources: readonly PolicyResource[];
  readonly #byUrn: ReadonlyMap<string, PolicyResource>;
  readonly #argsByUrn: ReadonlyMap<string, ResourceValidationArgs>;

  constructor(
    resources: readonly PolicyResource[],
    argsByUrn: ReadonlyMap<string, ResourceValidationArgs>,
  ) {
    this.#resources = resources;
    this.#byUrn = new Map(resources.map((each) => [each.urn, each]));
    this.#argsByUrn = argsByUrn;
  }

  /** The resources for which a reader of inputs, such as `asType`, returns something. */
  all<Inputs>(read: (args: ResourceValidationArgs) => Inputs | undefined): Member<Inputs>[] {
    return this.#resources.flatMap((resource) => {
      const args = this.#argsByUrn.get(resource.urn);
      const inputs = args && read(args);
      return inputs === undefined ? [] : [{ resource, inputs }];
    });
  }

  /** The resources of a type, also components, of which Pulumi passes no inputs. */
  ofType(type: string): PolicyResource[] {
    return this.#resources.filter((each) => each.type === type);
  }

  /** The resource that provides another one, with its own dependencies and parent. */
  providerOf(resource: PolicyResource): PolicyResource | undefined {
    return this.#byUrn.get(resource.provider?.urn ?? "");
  }

  /** Whether `later` is created after `earlier`, and deleted before it, by any chain of dependencies. */
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
 * Creates a policy about a whole stack that reads the resources' inputs. Pulumi itself passes their outputs, which objects
 * of a cluster do not have in a stack's first preview.
 */
export function stackPolicy({
  validate,
  ...policy
}: StackPolicyArgs): ResourceValidationPolicy & StackValidationPolicy {
  const argsByUrn = new Map<string, ResourceValidationArgs>();
  return {
    ...policy,
    validateResource: (args) => {
      argsByUrn.set(args.urn, args);
    },
    validateStack: ({ resources }, report) => validate(new Stack(resources, argsByUrn), report),
  };
}

/** Like Pulumi's own function, which throws for resources of other types what looks like a failure. */
export const ofType: typeof validateResourceOfType = (type, judge) => (args, report) => {
  const inputs = args.asType(type);
  return inputs === undefined ? undefined : judge(inputs, args, report);
};

/** A policy that judges only planned resources: Pulumi passes no inputs of new resources that `--target` leaves out. */
export function ofPlanned(policy: ResourceValidationPolicy): ResourceValidationPolicy {
  const judges = [policy.validateResource ?? []].flat();
  const validateResource = judges.map(
    (judge): ResourceValidation =>
      (args, report) =>
        isLeftOut(args) ? undefined : judge(args, report),
  );
  return { ...policy, validateResource };
}

/** Whether a resource is left out. A namespace may have no inputs, and then accepts any pod. */
function isLeftOut({ props, type }: ResourceValidationArgs): boolean {
  const isNamespace = type.endsWith(":Namespace") && process.env[TARGETED] === undefined;
  return Object.keys(props).length === 0 && !isNamespace;
}

/** A policy that reports what it cannot read as a violation, instead of failing. */
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
    // Pulumi reports these as unknown until the update.
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

/** The name of a resource as the preview shows it: `Service echo`. */
export function named({ name, type }: { name: string; type: string }): string {
  return `${type.split(":").at(-1)} ${name}`;
}

/** Whether a resource is within a component of a type. */
export function isWithin({ urn }: { urn: string }, component: string): boolean {
  const [, , types = ""] = urn.split("::");
  return types.split("$").slice(0, -1).includes(component);
}
