import { itFinds, type Mutation } from "./mutations.ts";
import type { Plan, Planned } from "./plan.ts";

const CONTROLLER = "sockjs-sticky-dev";

const WORKLOADS = ["Deployment company", "Deployment document", "Deployment echo"];
const PODS = [...WORKLOADS, `Release ${CONTROLLER}`];

const needsOf = (pods: string): string =>
  WORKLOADS.includes(pods) ? "workloadPods" : "systemPods";

const LABEL_OF_PODS = ["spec", "template", "metadata", "labels", "sockjs-sticky/stack"];

const found = (policy: string, of: string, ...says: string[]): Mutation["expected"] =>
  says.map((each) => ({ policy, of, says: each }));

/** Leaves an order to chance: takes all chains of edges from one resource to another away. */
function separate(plan: Plan, later: Planned, earlier: Planned): void {
  for (const each of plan.resources.filter((one) => one === later || isAround(one, later))) {
    each.dependencies = each.dependencies.filter((urn) => !leadsTo(plan, urn, earlier));
  }
}

const isAround = (component: Planned, { urn }: Planned): boolean =>
  component.type.startsWith("sockjs-sticky:") &&
  urn.includes(`${component.urn.split("::")[2]}$`) &&
  urn.split("::")[3]?.startsWith(component.name) === true;

function leadsTo(plan: Plan, urn: string, target: Planned, seen = new Set<string>()): boolean {
  const resource = plan.resources.find((each) => each.urn === urn);
  if (resource === undefined || seen.has(urn)) {
    return false;
  }
  seen.add(urn);
  const next = [...resource.dependencies, resource.parent, resource.provider];
  return urn === target.urn || next.some((each) => leadsTo(plan, each, target, seen));
}

const APART =
  "the controller would put no readiness gate into its first pods; take its namespace from the component that has the load balancer";

describe("policies of order find", () => {
  itFinds([
    {
      title: "a Service that may outlive the controller",
      stack: "dev",
      change: (plan) => separate(plan, plan.one("Service", "echo"), plan.one("Release")),
      expected: found(
        "controller-before-load-balancers",
        "echo",
        `order of Service echo and Release ${CONTROLLER} is left to chance; it must be set by a dependency of Service echo, or pulumi destroy would delete the controller first, and then wait for a load balancer that nobody deletes; give its component dependsOn: controller`,
      ),
    },
    {
      title: "a load balancer without a controller",
      stack: "dev",
      change: (plan) => {
        plan.put(plan.one("Release"), ["name"], "another");
        plan.resources
          .filter(({ type, name }) => type.endsWith(":Ingress") || name === "document")
          .forEach((each) => plan.remove(each));
      },
      expected: found(
        "controller-before-load-balancers",
        "echo",
        "number of Releases of aws-load-balancer-controller for Service echo is 0; it must be 1, which creates its load balancer; add a LoadBalancerController to its cluster, or an ExistingController",
      ),
    },
    {
      title: "a controller that may lose its permissions",
      stack: "dev",
      change: (plan) =>
        separate(plan, plan.one("Release"), plan.one("RolePolicy", "sockjs-sticky-dev-ingresses")),
      expected: found(
        "permissions-before-controller",
        CONTROLLER,
        `order of Release ${CONTROLLER} and RolePolicy sockjs-sticky-dev-ingresses is left to chance; it must be set by a dependency of Release ${CONTROLLER}, or pulumi destroy would take its permissions while it still has load balancers to delete; give it dependsOn: policies`,
      ),
    },
    {
      title: "a controller without permissions",
      stack: "staging",
      change: (plan) => plan.remove(plan.one("RolePolicy", "sockjs-sticky-staging")),
      expected: found(
        "permissions-before-controller",
        "sockjs-sticky-staging",
        "number of policies beside Release sockjs-sticky-staging is 0; it must be 1 or more, because it creates no load balancer without one; attach one to its role in the same component",
      ),
    },
    {
      title: "a Deployment that may be there before its Service",
      stack: "dev",
      change: (plan) => separate(plan, plan.one("Deployment", "echo"), plan.one("Service", "echo")),
      expected: found(
        "load-balancer-before-pods",
        "echo",
        `order of Deployment echo and Service echo is left to chance; it must be set by a dependency of Deployment echo, or ${APART}`,
      ),
    },
    {
      title: "a Deployment that may be there before its Ingress",
      stack: "dev",
      change: (plan) =>
        separate(plan, plan.one("Deployment", "company"), plan.one("Ingress", "company")),
      expected: found(
        "load-balancer-before-pods",
        "company",
        `order of Deployment company and Ingress company is left to chance; it must be set by a dependency of Deployment company, or ${APART}`,
      ),
    },
    {
      title: "routers that may be there before their Service",
      stack: "prod",
      change: (plan) =>
        separate(
          plan,
          plan.one("Deployment", "company-router"),
          plan.one("Service", "company-router"),
        ),
      expected: found(
        "load-balancer-before-pods",
        "company-router",
        `order of Deployment company-router and Service company-router is left to chance; it must be set by a dependency of Deployment company-router, or ${APART}`,
      ),
    },
    {
      title: "pods and a controller that may start before DNS",
      stack: "dev",
      change: (plan) => {
        const dns = plan.one("Addon", `${CONTROLLER}-coredns`);
        for (const each of plan.resources) {
          each.dependencies = each.dependencies.filter((urn) => urn !== dns.urn);
        }
      },
      expected: PODS.flatMap((pods) =>
        found(
          "cluster-before-pods",
          pods.split(" ")[1] ?? "",
          `order of ${pods} and Addon sockjs-sticky-dev-coredns is left to chance; it must be set by a dependency of ${pods}, or its pods would start without it, or outlive it; give its component dependsOn: cluster.${needsOf(pods)}`,
        ),
      ),
    },
    {
      title: "pods of a cluster without Fargate profiles",
      stack: "dev",
      change: (plan) =>
        plan.resources
          .filter(({ type }) => type.endsWith(":FargateProfile"))
          .forEach((profile) => plan.remove(profile)),
      expected: PODS.flatMap((pods) =>
        found(
          "cluster-before-pods",
          pods.split(" ")[1] ?? "",
          `number of Fargate profiles that select the pods of ${pods} is 0; it must be 1 or more, because its pods stay pending without one; use the kubernetes provider and the podLabels of its cluster`,
        ),
      ),
    },
    {
      title: "pods without the label that a Fargate profile selects by",
      stack: "dev",
      change: (plan) => plan.put(plan.one("Deployment", "echo"), LABEL_OF_PODS, "another"),
      expected: found(
        "cluster-before-pods",
        "echo",
        "number of Fargate profiles that select the pods of Deployment echo is 0; it must be 1 or more, because its pods stay pending without one; use the kubernetes provider and the podLabels of its cluster",
      ),
    },
    {
      title: "a controller in a namespace's profile that is gone, though another one remains",
      stack: "dev",
      change: (plan) => plan.remove(plan.one("FargateProfile", `${CONTROLLER}-kube-system`)),
      expected: found(
        "cluster-before-pods",
        CONTROLLER,
        `number of Fargate profiles that select the pods of Release ${CONTROLLER} is 0; it must be 1 or more, because its pods stay pending without one; use the kubernetes provider and the podLabels of its cluster`,
      ),
    },
    {
      title: "pods that may start before their Fargate profile",
      stack: "dev",
      change: (plan) =>
        separate(
          plan,
          plan.one("Deployment", "echo"),
          plan.one("FargateProfile", `${CONTROLLER}-workloads`),
        ),
      expected: found(
        "cluster-before-pods",
        "echo",
        `order of Deployment echo and FargateProfile ${CONTROLLER}-workloads is left to chance; it must be set by a dependency of Deployment echo, or its pods would start without it, or outlive it; give its component dependsOn: cluster.workloadPods`,
      ),
    },
    {
      title: "nothing where only the provider comes after the Fargate profile of kube-system",
      stack: "dev",
      change: (plan) => {
        const provider = plan.one("kubernetes");
        const cut = [plan.one("FargateProfile", `${CONTROLLER}-kube-system`)];
        for (const each of plan.resources.filter((one) => one !== provider)) {
          each.dependencies = each.dependencies.filter(
            (urn) => ![provider, ...cut].some((one) => one.urn === urn),
          );
        }
      },
      expected: [],
    },
    {
      title: "what another cluster's controller lacks, and nothing of it in this cluster",
      stack: "dev",
      change: (plan) => {
        const release = plan.one("Release");
        plan.add(
          release.type,
          { name: release.inputs.name, values: release.inputs.values },
          {
            ...release,
            parent: "",
            provider: "urn:pulumi:dev::sockjs-sticky::pulumi:providers:kubernetes::other",
          },
        );
      },
      expected: [
        ...found(
          "cluster-before-pods",
          "added",
          "number of Fargate profiles that select the pods of Release added is 0; it must be 1 or more, because its pods stay pending without one; use the kubernetes provider and the podLabels of its cluster",
        ),
        ...found(
          "permissions-before-controller",
          "added",
          "number of policies beside Release added is 0; it must be 1 or more, because it creates no load balancer without one; attach one to its role in the same component",
        ),
      ],
    },
  ]);
});
