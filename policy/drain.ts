import type { ReportViolation } from "@pulumi/policy";
import {
  containersOf,
  DEREGISTRATION_DELAY,
  frontsOf,
  podTemplateOf,
  type Front,
  type PodTemplate,
} from "./kubernetes.ts";
import { named, stackPolicy, type Stack } from "./stack.ts";
import { demand, known, UNKNOWN } from "./violation.ts";

interface Pods {
  owner: string;
  urn: string;
  template: PodTemplate;
}

export const drain = stackPolicy({
  name: "drain-outlasts-deregistration",
  description:
    "Stopping pods keep serving for at least as long as their load balancer deregisters them.",
  validate: (stack, report) => {
    const pods = podsOf(stack);
    pods.forEach((each) => demandTime(each, report));
    for (const front of frontsOf(stack)) {
      const behind = pods.filter(({ template }) =>
        front.selectors.some((selector) => matches(template, selector)),
      );
      demandDrain(front, behind, report);
    }
  },
});

function podsOf(stack: Stack): Pods[] {
  return stack.all(podTemplateOf).map(({ resource, inputs }) => ({
    owner: named(resource),
    urn: resource.urn,
    template: inputs,
  }));
}

function matches({ metadata }: PodTemplate, selector: Record<string, string>): boolean {
  const labels = Object.entries(selector);
  return labels.length > 0 && labels.every(([label, value]) => metadata?.labels?.[label] === value);
}

/** Kubernetes kills a pod at the end of its grace period, even while it serves. */
function demandTime({ owner, template, urn }: Pods, report: ReportViolation): void {
  const seconds = drainSeconds(template);
  demand(
    report,
    {
      name: `terminationGracePeriodSeconds of ${owner}`,
      value: () => template.spec?.terminationGracePeriodSeconds,
      holds: (grace) => grace !== undefined && grace > seconds,
      mustBe: `more than the ${seconds} s for which its pods keep serving`,
      fix: "raise it, so they can finish",
    },
    urn,
  );
}

function demandDrain({ delay, resource }: Front, pods: Pods[], report: ReportViolation): void {
  const front = named(resource);
  demand(
    report,
    {
      name: `${DEREGISTRATION_DELAY} of ${front}`,
      value: delay,
      holds: (seconds) => isWhole(seconds),
      mustBe: "a whole number of seconds, because AWS uses 300 otherwise",
      fix: "write it into its target-group-attributes",
    },
    resource.urn,
  );
  demand(
    report,
    {
      name: `number of Deployments and StatefulSets behind ${front}`,
      value: () => pods.length,
      holds: (count) => count > 0,
      mustBe: "1 or more, because a load balancer without pods serves nobody",
      fix: "give pods the labels of its selector",
    },
    resource.urn,
  );
  const seconds = known(delay);
  if (seconds === UNKNOWN || !isWhole(seconds)) {
    return;
  }
  for (const { owner, template, urn } of pods) {
    demand(
      report,
      {
        name: `drain of ${owner} in seconds`,
        value: () => drainSeconds(template),
        holds: (drains) => drains >= Number(seconds),
        mustBe: `${seconds} or more, the ${DEREGISTRATION_DELAY} of ${front}`,
        fix: "raise drainSeconds of the workload, or preStop of its pods",
      },
      urn,
    );
  }
}

function isWhole(seconds: string | undefined): boolean {
  return /^\d+$/.test(seconds ?? "");
}

/** Seconds for which a stopping pod still accepts new connections. */
function drainSeconds(template: PodTemplate): number {
  const seconds = containersOf(template).map(({ env, lifecycle }) => {
    const own = env?.find(({ name }) => name === "DRAIN_SECONDS")?.value;
    return (lifecycle?.preStop?.sleep?.seconds ?? 0) + Number(own ?? 0);
  });
  return Math.max(0, ...seconds);
}
