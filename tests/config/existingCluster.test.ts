import { deepEqual, equal, match, ok } from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { whyUnreachable } from "../../config/apiEndpoint.ts";
import { at, valueOf } from "../mocks/mocks.ts";
import { runProgram } from "../mocks/program.ts";
import { CLOUD, FACTS, ISSUER, NETWORK, VPC } from "../mocks/existing.ts";
import { loaded, programRefusal, refusal } from "./refusal.ts";

/** Runs the program of the stack dev in a cluster that is there. */
const run = (changes: object = {}, cloud: object = {}, nodes = false) =>
  runProgram(
    "dev",
    { network: NETWORK, cluster: { name: "shared", nodes }, ...changes },
    { ...CLOUD, ...cloud },
  );

describe("an existing cluster", () => {
  it("gets a Fargate profile and a controller, and nothing else of a cluster", async () => {
    const { program, recorder } = await run();
    for (const type of ["eks:index:Cluster", "aws:Addon", "aws:AccessEntry", "aws:LogGroup"]) {
      deepEqual(recorder.all(type), [], type);
    }
    const profile = recorder.one("aws:FargateProfile").inputs;
    const labels = { "sockjs-sticky/stack": "sockjs-sticky-dev" };
    deepEqual(
      [profile.clusterName, profile.selectors, profile.subnetIds],
      ["shared", [{ namespace: "*", labels }], NETWORK.privateSubnetIds],
    );
    const { values } = recorder.one("kubernetes:Release").inputs;
    deepEqual([at(values, "clusterName"), at(values, "podLabels")], ["shared", labels]);
    const role = recorder.one("aws:Role", "sockjs-sticky-dev").inputs.assumeRolePolicy;
    match(String(role), /oidc-provider\/oidc\.eks\.us-east-1\.amazonaws\.com\/id\/A1"/);
    equal(program.clusterName, "shared");
    equal(
      program.updateKubeconfigCommand,
      "aws eks update-kubeconfig --name shared --region us-east-1",
    );
    const kubeconfig = JSON.parse(await valueOf(program.kubeconfig)) as object;
    equal(at(kubeconfig, "clusters", 0, "cluster", "server"), FACTS.endpoint);
    deepEqual(at(kubeconfig, "users", 0, "user", "exec", "args"), [
      ...["--region", "us-east-1", "eks", "get-token", "--cluster-name", "shared"],
      ...["--output", "json"],
    ]);
    equal(recorder.one("aws:SecurityGroup").inputs.vpcId, VPC);
  });

  it("runs pods on its nodes if the stack says so", async () => {
    const { recorder } = await run({}, {}, true);
    deepEqual(recorder.all("aws:FargateProfile"), []);
    deepEqual(recorder.all("sockjs-sticky:PodExecutionRole"), []);
    ok(recorder.all("kubernetes:Deployment").length > 0);
  });

  it("has a metrics-server, which autoscalers need", async () => {
    const workloads = [{ app: "echo", maxReplicas: 5 }];
    const { recorder } = await run({ workloads });
    const scaler = recorder.one("kubernetes:HorizontalPodAutoscaler");
    deepEqual(recorder.directlyAfter(scaler, "kubernetes:APIService"), [
      "sockjs-sticky-dev-metrics-server",
    ]);
  });

  it("can have a controller, which the stack only reads", async () => {
    const { recorder } = await run({ controller: "existing" }, { oidcProvider: false });
    deepEqual(recorder.all("kubernetes:Release"), []);
    deepEqual(
      recorder.all("aws:Role").map(({ name }) => name),
      ["sockjs-sticky-dev-fargate-pods"],
    );
    equal(recorder.all("sockjs-sticky:ExistingController").length, 1);
  });

  const refusals: [what: string, cloud: object, message: string][] = [
    [
      "one that does not exist",
      { clusters: { a: "1.36", b: "1.36" } },
      'cluster.name is "shared"; it must be a cluster in us-east-1 (such as a, b)',
    ],
    [
      "one that is still being created",
      { clusterFacts: { ...FACTS, status: "CREATING" } },
      'cluster.name is "shared"; it must be a cluster that is ACTIVE or UPDATING; now it is CREATING',
    ],
    [
      "access by the ConfigMap aws-auth only",
      { clusterFacts: { ...FACTS, accessConfigs: [{ authenticationMode: "CONFIG_MAP" }] } },
      'cluster.name is "shared"; it must be a cluster whose authentication mode includes the EKS API; run aws eks update-cluster-config --name shared --access-config authenticationMode=API_AND_CONFIG_MAP',
    ],
    [
      "another VPC",
      { clusterFacts: { ...FACTS, vpcConfig: { vpcId: "vpc-1" } } },
      `network.vpcId is "${VPC}"; it must be the VPC of cluster shared, vpc-1`,
    ],
    [
      "no OIDC provider",
      { oidcProvider: false },
      `cluster.name is "shared"; it must be a cluster with an IAM OIDC provider, from which the load balancer controller gets its role; run aws iam create-open-id-connect-provider --url ${ISSUER} --client-id-list sts.amazonaws.com`,
    ],
  ];
  for (const [what, cloud, message] of refusals) {
    it(`is rejected before anything is created: ${what}`, async () => {
      const changes = { network: NETWORK, cluster: { name: "shared" } };
      equal(await programRefusal(changes, { ...CLOUD, ...cloud }), message);
    });
  }

  it("is rejected before anything is created if its API cannot be reached, and accepted if it can", async () => {
    delete process.env.HTTPS_PROXY;
    delete process.env.https_proxy;
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const clusterFacts = { ...FACTS, endpoint };
    await run({}, { clusterFacts });
    await once(server.close(), "close");
    const changes = { network: NETWORK, cluster: { name: "shared" } };
    equal(
      await programRefusal(changes, { ...CLOUD, clusterFacts }),
      `cluster.name is "shared"; it must be a cluster whose API this computer can reach, at ${endpoint} (ECONNREFUSED); add this computer's address to the cluster's public access CIDRs, or run Pulumi in its VPC`,
    );
    equal(await whyUnreachable(endpoint, "http://proxy.example:3128"), undefined);
  });

  it("needs its network, and only an existing cluster has a controller", async () => {
    equal(
      await refusal({ cluster: { name: "shared" } }),
      "sockjs-sticky:network is not set; it must be the VPC and the subnets of cluster shared (for example {vpcId: vpc-0a1b2c3d, ...})",
    );
    equal(
      await refusal({ controller: "existing" }),
      'sockjs-sticky:controller is "existing"; it must be install, because only an existing cluster can have a controller; set cluster, or remove controller',
    );
  });

  it("cannot be left or entered, whatever its name, and keeps its pods where they are in a protected stack", async () => {
    const { program } = await run();
    const lastUp = { ...program.guardedSettings };
    const why =
      "because the change replaces everything in the cluster; revert it, or run `pulumi destroy` first";
    equal(
      await programRefusal({ network: NETWORK }, { ...CLOUD, lastUp }),
      `cluster.name is "the stack's own", and was "shared"; it must be "shared", ${why}`,
    );
    const own = { ...lastUp, cluster: "the stack's own" };
    const sameName = { network: NETWORK, cluster: { name: "sockjs-sticky-dev" } };
    equal(
      await programRefusal(sameName, { ...CLOUD, lastUp: own }),
      `cluster.name is "sockjs-sticky-dev", and was "the stack's own"; it must be "the stack's own", ${why}`,
    );
    const nodes = { network: NETWORK, cluster: { name: "shared", nodes: true } };
    const refused = await programRefusal(nodes, {
      ...CLOUD,
      lastUp: { ...lastUp, deletionProtection: true },
    });
    match(refused, /^cluster\.nodes is true, and was false; /);
  });

  it("has other administrators than the stack's", async () => {
    const { program } = await run({ admins: ["arn:aws:iam::111122223333:role/deployer"] });
    equal(program.guardedSettings.creator, undefined);
  });

  it("needs no named publicAccessCidrs for deletionProtection", async () => {
    await loaded("dev", {
      cluster: { name: "shared" },
      network: NETWORK,
      deletionProtection: true,
      publicAccessCidrs: ["203.0.113.0/24"],
    });
  });
});
