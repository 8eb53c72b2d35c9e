import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Commands } from "./commands.ts";

const URN = "urn:pulumi:dev::sockjs-sticky::";

/** What an engine was making when it was killed, and how it is deleted. */
const PENDING: readonly { type: string; name: string; inputs: object; deletion: string }[] = [
  {
    type: "kubernetes:core/v1:Service",
    name: "echo",
    inputs: { metadata: { name: "echo", namespace: "talk" } },
    deletion: "kubectl delete service echo --namespace talk --ignore-not-found",
  },
  {
    type: "kubernetes:core/v1:Namespace",
    name: "talk",
    inputs: { metadata: { name: "talk" } },
    deletion: "kubectl delete namespace talk --ignore-not-found",
  },
  {
    type: "kubernetes:helm.sh/v3:Release",
    name: "controller",
    inputs: { name: "balancer", namespace: "kube-system" },
    deletion: "kubectl delete secret --namespace kube-system --selector owner=helm,name=balancer",
  },
  {
    type: "aws:eks/cluster:Cluster",
    name: "cluster",
    inputs: { name: "apps", region: "eu-west-1" },
    deletion: "aws eks delete-cluster --name apps --region eu-west-1",
  },
  {
    type: "aws:eks/addon:Addon",
    name: "dns",
    inputs: { clusterName: "apps", addonName: "coredns", region: "eu-west-1" },
    deletion: "aws eks delete-addon --cluster-name apps --addon-name coredns --region eu-west-1",
  },
  {
    type: "aws:eks/fargateProfile:FargateProfile",
    name: "profile",
    inputs: { clusterName: "apps", fargateProfileName: "talk-1", region: "eu-west-1" },
    deletion:
      "aws eks delete-fargate-profile --cluster-name apps --fargate-profile-name talk-1 --region eu-west-1",
  },
  {
    type: "aws:rds/instance:Instance",
    name: "database",
    inputs: { identifier: "apps-1", region: "eu-west-1" },
    deletion:
      "aws rds delete-db-instance --db-instance-identifier apps-1 --skip-final-snapshot --region eu-west-1",
  },
  { type: "aws:ec2/vpc:Vpc", name: "vpc", inputs: {}, deletion: "Vpc in the AWS console" },
];

describe("npm run up", () => {
  let commands: Commands;
  beforeEach(() => {
    commands = new Commands();
    commands.write("aws", "exit 255");
  });
  afterEach(() => commands.close());

  it("runs pulumi up on dev, or on the named stack, and exits as it does", async () => {
    commands.pulumi({}, "exit 7");
    deepEqual(await commands.run("up"), { status: 7, error: "", runs: ["up --stack dev"] });
    const { runs } = await commands.run("up", ["--stack", "prod", "--diff"]);
    deepEqual(runs.slice(1), ["up --stack dev --stack prod --diff"]);
    deepEqual(commands.runsOf("stack"), [
      "stack export --stack dev --non-interactive",
      "stack export --stack prod --non-interactive",
    ]);
  });

  for (const args of [["-s", "prod"], ["--stack=prod"], ["--yes", "--stack", "dev", "-sprod"]]) {
    it(`finds the stack in ${args.join(" ")}`, async () => {
      commands.pulumi({});
      await commands.run("up", args);
      deepEqual(commands.runsOf("stack"), ["stack export --stack prod --non-interactive"]);
    });
  }

  it("runs Pulumi if there is no state, because Pulumi says why", async () => {
    commands.pulumi(undefined, "exit 255");
    deepEqual(await commands.run("up"), { status: 255, error: "", runs: ["up --stack dev"] });
  });

  it("ignores pending updates and deletes, which a refresh settles", async () => {
    const resource = { urn: `${URN}${PENDING[0]?.type ?? ""}::echo`, ...PENDING[0] };
    const pending_operations = ["updating", "deleting", "reading"].map((type) => ({
      type,
      resource,
    }));
    commands.pulumi({ pending_operations });
    equal((await commands.run("up")).status, 0);
  });

  it("lists every pending create and the commands that settle it, and runs nothing", async () => {
    const pending_operations = PENDING.map(({ type, name, inputs }) => ({
      type: "creating",
      resource: { urn: `${URN}${type}::${name}`, type, inputs },
    }));
    commands.pulumi({ pending_operations });
    const { status, error, runs } = await commands.run("up", ["--stack", "prod"]);
    equal(status, 1);
    deepEqual(runs, []);
    const lines = error.split("\n");
    for (const { type, name, deletion } of PENDING) {
      const line = lines.indexOf(`  ${URN}${type}::${name}`);
      ok(line >= 0, error);
      ok(lines[line + 1]?.endsWith(deletion), lines[line + 1]);
    }
    match(error, /npx pulumi refresh --stack prod --clear-pending-creates --yes --non-interactive/);
  });

  it("rejects credentials of another account, with which Pulumi would find nothing", async () => {
    const arn = "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-1";
    commands.pulumi({ resources: [{ urn: URN, type: "aws:ec2/vpc:Vpc", outputs: { arn } }] });
    commands.write("aws", "echo 444455556666");
    const { status, error, runs } = await commands.run("up");
    equal(status, 1);
    deepEqual(runs, []);
    match(error, /444455556666.*111122223333/);
    commands.write("aws", "echo 111122223333");
    equal((await commands.run("up")).status, 0);
  });
});
