import { deepEqual, ok } from "node:assert/strict";
import * as fc from "fast-check";
import { itJudges, of, packOfSuite } from "./policyCases.ts";
import { Pack } from "./pack.ts";
import { Plan, type Planned } from "./plan.ts";

const NAMESPACE = "kubernetes:core/v1:Namespace";
const LABEL = "pod-security.kubernetes.io/enforce";
const labelled = (level: unknown) => ({ metadata: { labels: { [LABEL]: level } } });

/** Types of which policies read inputs. */
const TYPES = [
  ...["apps/v1:DaemonSet", "apps/v1:Deployment", "apps/v1:DeploymentPatch", "apps/v1:ReplicaSet"],
  ...["apps/v1:StatefulSet", "batch/v1:CronJob", "batch/v1:Job", "core/v1:ConfigMap"],
  ...["core/v1:Namespace", "core/v1:NamespaceList", "core/v1:Pod", "core/v1:Service"],
  ...["core/v1:ServicePatch", "helm.sh/v3:Release", "networking.k8s.io/v1:Ingress"],
]
  .map((type) => `kubernetes:${type}`)
  .concat(
    ...["aws:cloudwatch/logGroup:LogGroup", "aws:ec2/securityGroup:SecurityGroup"],
    ...["aws:ec2/securityGroupRule:SecurityGroupRule", "aws:eks/cluster:Cluster"],
    ...["aws:iam/policy:Policy", "aws:iam/role:Role", "aws:lambda/permission:Permission"],
    ...["aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws:opensearch/domain:Domain"],
    ...["aws:s3/bucket:Bucket", "aws:s3/bucketPolicy:BucketPolicy", "aws:rds/instance:Instance"],
    ...["aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "pulumi:providers:aws"],
  );

/** Names of inputs that policies read. */
const NAMES = [
  ...["Action", "Condition", "Effect", "Principal", "Resource", "Statement", "accessPolicies"],
  ...["annotations", "args", "assumeRolePolicy", "cidrBlocks", "cidrIpv4", "command", "containers"],
  ...["data", "defaultTags", "enabledClusterLogTypes", "encryptAtRest", "env", "grants", "image"],
  ...["ingress", "inlinePolicies", "items", "jobTemplate", "labels", "lifecycle", "metadata"],
  ...["name", "policy", "policyArn", "preStop", "selector", "sleep", "spec", "template", "type"],
  ...["value", "values", "haproxy.cfg", "alb.ingress.kubernetes.io/target-group-attributes"],
];

/** What has the names that policies read, and anything but what they are for. */
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6 },
    fc.constantFrom<unknown>(null, 0, true, "", "{", "a=b", "LoadBalancer", "10.0.0.0/8", [], {}),
    fc.dictionary(fc.constantFrom(...NAMES), tie("tree"), { maxKeys: 4 }),
    fc.array(tie("tree"), { maxLength: 3 }),
  ),
}));

describe("policies", () => {
  const pack = packOfSuite();

  describe("policies of unreadable resources", () => {
    it("report them and never throw", async () => {
      const inputs = fc.dictionary(fc.constantFrom(...NAMES), tree, { minKeys: 1, maxKeys: 8 });
      const samples = fc.sample(inputs, { seed: 13, numRuns: 20 * TYPES.length });
      const resources = samples.map((sample, index): Planned => {
        const type = TYPES[index % TYPES.length] ?? "";
        const name = `odd${index}`;
        const urn = `urn:pulumi:dev::sockjs-sticky::${type}::${name}`;
        return { urn, type, name, inputs: sample, parent: "", dependencies: [], provider: "" };
      });
      const violations = await pack().violations(new Plan(resources));
      ok(violations.length > resources.length / 2);
      const shown = violations.filter(({ says }) => says.includes("    at ") || says.length > 1500);
      deepEqual(shown, []);
    });
  });

  describe("the policy of the drain finds pods without a readable specification", () => {
    itJudges(pack, "drain-outlasts-deregistration", [
      of(
        "a Deployment without spec",
        "kubernetes:apps/v1:Deployment",
        { kind: "Deployment" },
        "terminationGracePeriodSeconds of Deployment one is not set",
      ),
      of(
        "a Deployment whose template is null",
        "kubernetes:apps/v1:Deployment",
        { spec: { template: null } },
        "terminationGracePeriodSeconds of Deployment one is not set",
      ),
      of(
        "an empty CronJob",
        "kubernetes:batch/v1:CronJob",
        { kind: "CronJob" },
        "terminationGracePeriodSeconds of CronJob one is not set",
      ),
      of(
        "a ReplicaSet",
        "kubernetes:apps/v1:ReplicaSet",
        { spec: { template: { spec: { containers: [] } } } },
        "terminationGracePeriodSeconds of ReplicaSet one is not set",
      ),
      of(
        "containers that are a number",
        "kubernetes:apps/v1:Deployment",
        { spec: { template: { spec: { containers: 3 } } } },
        "a resource of the stack cannot be read",
      ),
    ]);
  });

  describe("the policy of namespaces finds those that admit any pod", () => {
    const found = `label ${LABEL} of Namespace one is `;
    itJudges(pack, "restricted-namespaces", [
      of("without any input", NAMESPACE, {}, `${found}not set`),
      of("without metadata", NAMESPACE, { apiVersion: "v1", kind: "Namespace" }, `${found}not set`),
      of("whose metadata is null", NAMESPACE, { metadata: null }, `${found}not set`),
      of("whose labels are null", NAMESPACE, { metadata: { labels: null } }, `${found}not set`),
      of("of another level", NAMESPACE, labelled("privileged"), `${found}"privileged"`),
      of("and none of the right one", NAMESPACE, labelled("restricted")),
      of(
        "by a patch",
        `${NAMESPACE}Patch`,
        labelled("baseline"),
        `label ${LABEL} of NamespacePatch one is "baseline"`,
      ),
      of("and no patch of something else", `${NAMESPACE}Patch`, {
        metadata: { labels: { a: "b" } },
      }),
      of(
        "in a list",
        `${NAMESPACE}List`,
        { items: [labelled("restricted"), {}] },
        `label ${LABEL} of NamespaceList one is not set`,
      ),
    ]);
  });

  describe("the policy of namespaces, in a partial preview,", () => {
    const targeted = packOfSuite(() => Pack.start({ SOCKJS_STICKY_TARGETED: "true" }));
    itJudges(targeted, "restricted-namespaces", [
      of("says nothing of what is left out", NAMESPACE, {}),
      of("finds one without metadata", NAMESPACE, { kind: "Namespace" }, `label ${LABEL} of `),
    ]);
  });

  describe("policies of stickiness find patches of what affinity depends on", () => {
    const annotations = (name: string) => ({
      metadata: { annotations: { [name]: "x", other: "y" } },
    });
    const service = "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type";
    const ingress = "alb.ingress.kubernetes.io/target-type";
    itJudges(pack, "clients-stay", [
      of(
        "of a Service",
        "kubernetes:core/v1:ServicePatch",
        annotations(service),
        `${service} is an annotation of ServicePatch one`,
      ),
      of("and no patch of something else", "kubernetes:core/v1:ServicePatch", annotations("plain")),
    ]);
    itJudges(pack, "browsers-stay", [
      of(
        "of an Ingress",
        "kubernetes:networking.k8s.io/v1:IngressPatch",
        annotations(ingress),
        `${ingress} is an annotation of IngressPatch one`,
      ),
    ]);
  });
});
