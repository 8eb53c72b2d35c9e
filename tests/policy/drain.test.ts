import { at } from "../mocks/mocks.ts";
import { itFinds, type Mutation } from "./mutations.ts";
import type { Plan, Planned } from "./plan.ts";

const POLICY = "drain-outlasts-deregistration";
const DELAY = "deregistration_delay.timeout_seconds";
const POD = ["spec", "template", "spec"];
const SERVICE_TARGETS = [
  "metadata",
  "annotations",
  "service.beta.kubernetes.io/aws-load-balancer-target-group-attributes",
];
const INGRESS_TARGETS = [
  "metadata",
  "annotations",
  "alb.ingress.kubernetes.io/target-group-attributes",
];

const found = (of: string, says: string): Mutation["expected"] => [{ policy: POLICY, of, says }];

/** Gives an app's pods another drain. */
function drain(plan: Plan, pods: Planned, seconds: number): void {
  const path = [...POD, "containers", 0, "env"];
  const env = at(pods.inputs, ...path) as { name: string; value?: string }[];
  const index = env.findIndex(({ name }) => name === "DRAIN_SECONDS");
  plan.put(pods, [...path, index, "value"], String(seconds));
}

describe("policy of the drain finds", () => {
  itFinds([
    {
      title: "pods that stop before a Network Load Balancer has deregistered them",
      stack: "dev",
      change: (plan) => drain(plan, plan.one("Deployment", "echo"), 119),
      expected: found(
        "echo",
        `drain of Deployment echo in seconds is 119; it must be 120 or more, the ${DELAY} of Service echo; raise drainSeconds of the workload, or preStop of its pods`,
      ),
    },
    {
      title: "nothing in pods that stop at that moment",
      stack: "dev",
      change: (plan) => drain(plan, plan.one("Deployment", "echo"), 120),
      expected: [],
    },
    {
      title: "pods that stop before an Application Load Balancer has deregistered them",
      stack: "dev",
      change: (plan) => drain(plan, plan.one("Deployment", "company"), 59),
      expected: found(
        "company",
        `drain of Deployment company in seconds is 59; it must be 60 or more, the ${DELAY} of Ingress company; raise drainSeconds of the workload, or preStop of its pods`,
      ),
    },
    {
      title: "routers that stop before their load balancer has deregistered them",
      stack: "prod",
      change: (plan) =>
        plan.put(
          plan.one("Deployment", "document-router"),
          [...POD, "containers", 0, "lifecycle", "preStop", "sleep", "seconds"],
          30,
        ),
      expected: found(
        "document-router",
        `drain of Deployment document-router in seconds is 30; it must be 120 or more, the ${DELAY} of Service document-router; raise drainSeconds of the workload, or preStop of its pods`,
      ),
    },
    {
      title: "a load balancer that deregisters for longer than its pods drain",
      stack: "dev",
      change: (plan) =>
        plan.reword(plan.one("Service", "echo"), SERVICE_TARGETS, `${DELAY}=120`, `${DELAY}=151`),
      expected: found(
        "echo",
        `drain of Deployment echo in seconds is 150; it must be 151 or more, the ${DELAY} of Service echo; raise drainSeconds of the workload, or preStop of its pods`,
      ),
    },
    {
      title: "a load balancer that does not say for how long",
      stack: "dev",
      change: (plan) =>
        plan.reword(plan.one("Ingress", "document"), INGRESS_TARGETS, `,${DELAY}=60`, ""),
      expected: found(
        "document",
        `${DELAY} of Ingress document is not set; it must be a whole number of seconds, because AWS uses 300 otherwise; write it into its target-group-attributes`,
      ),
    },
    {
      title: "a grace period that ends with the drain",
      stack: "staging",
      change: (plan) =>
        plan.put(plan.one("StatefulSet", "company"), [...POD, "terminationGracePeriodSeconds"], 30),
      expected: found(
        "company",
        "terminationGracePeriodSeconds of StatefulSet company is 30; it must be more than the 30 s for which its pods keep serving; raise it, so they can finish",
      ),
    },
    {
      title: "a load balancer whose selector nobody has",
      stack: "dev",
      change: (plan) =>
        plan.put(plan.one("Service", "echo"), ["spec", "selector"], {
          "app.kubernetes.io/name": "ekko",
        }),
      expected: found(
        "echo",
        "number of Deployments and StatefulSets behind Service echo is 0; it must be 1 or more, because a load balancer without pods serves nobody; give pods the labels of its selector",
      ),
    },
  ]);
});
