import { itFinds, type Mutation } from "./mutations.ts";

const found = (policy: string, of: string, says: string): Mutation["expected"] => [
  { policy, of, says },
];

describe("policies of operations find", () => {
  itFinds([
    {
      title: "logs that are kept for ever",
      stack: "dev",
      change: (plan) => plan.put(plan.one("LogGroup"), ["retentionInDays"], 0),
      expected: found(
        "log-retention",
        "sockjs-sticky-dev-fargate-logs",
        "retentionInDays of LogGroup sockjs-sticky-dev-fargate-logs is 0; it must be 1 or more; set logRetentionDays of the stack",
      ),
    },
    {
      title: "logs of which nobody decided",
      stack: "prod",
      change: (plan) =>
        plan.put(
          plan.one("LogGroup", "sockjs-sticky-prod-cluster-logs"),
          ["retentionInDays"],
          undefined,
        ),
      expected: found(
        "log-retention",
        "sockjs-sticky-prod-cluster-logs",
        "retentionInDays of LogGroup sockjs-sticky-prod-cluster-logs is not set; it must be 1 or more; set logRetentionDays of the stack",
      ),
    },
    {
      title: "a control plane whose log group EKS would make",
      stack: "staging",
      change: (plan) => plan.remove(plan.one("LogGroup", "sockjs-sticky-staging-cluster-logs")),
      expected: found(
        "log-group-before-cluster",
        "sockjs-sticky-staging-eksCluster",
        "LogGroup /aws/eks/sockjs-sticky-staging/cluster that Cluster sockjs-sticky-staging-eksCluster comes after is not set; it must be created by the program; create it with a retention, and let the cluster depend on it",
      ),
    },
    {
      title: "a control plane that may log before its log group is there",
      stack: "staging",
      change: (plan) => {
        const group = plan.one("LogGroup", "sockjs-sticky-staging-cluster-logs");
        plan.resources.forEach((each) => {
          each.dependencies = each.dependencies.filter((urn) => urn !== group.urn);
        });
      },
      expected: found(
        "log-group-before-cluster",
        "sockjs-sticky-staging-eksCluster",
        "LogGroup /aws/eks/sockjs-sticky-staging/cluster that Cluster sockjs-sticky-staging-eksCluster comes after is false; it must be created by the program; create it with a retention, and let the cluster depend on it",
      ),
    },
    {
      title: "a resource whose provider gives no tags",
      stack: "dev",
      change: (plan) => {
        const provider = plan.one("aws", "sockjs-sticky-dev");
        plan.resources.push({
          ...provider,
          urn: provider.urn.replace(/::[^:]*$/, "::untagged"),
          name: "untagged",
          inputs: { region: "us-east-1" },
        });
        plan.one("VpcEndpoint").provider = provider.urn.replace(/::[^:]*$/, "::untagged");
      },
      expected: found(
        "tags",
        "untagged",
        "defaultTags of the provider untagged is not set; it must be a text for each of project, stack, managed-by; give it the tags of index.ts",
      ),
    },
    {
      title: "load balancers without one of the tags",
      stack: "dev",
      change: (plan) => plan.put(plan.one("Release"), ["values", "defaultTags", "stack"], ""),
      expected: found(
        "tags",
        "sockjs-sticky-dev",
        'values.defaultTags of Release sockjs-sticky-dev is {"managed-by":"pulumi","project":"sockjs-sticky","stack":""}; it must be a text for each of project, stack, managed-by; give it the tags of index.ts',
      ),
    },
  ]);
});
