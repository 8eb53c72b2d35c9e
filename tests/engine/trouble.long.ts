import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { BALANCER } from "./providers/aws/network.ts";
import { CLUSTER, EKS } from "./providers/aws/eks.ts";
import { Account, TIMEOUT_MS } from "./support/account.ts";
import { runScript } from "./support/script.ts";
import { Stack, type Run } from "./support/stack.ts";

const READY_MADE = { image: "registry.example/app:1" };

/** An AWS CLI that finds no cluster. */
const AWS = `#!/bin/sh
if [ "$1" = sts ]; then echo 111122223333; exit; fi
echo "An error occurred (ResourceNotFoundException) when calling the $2 operation: No cluster found" >&2
exit 254
`;

function succeeded(run: Run): void {
  ok(run.succeeded, run.output);
}

describe("a stack in trouble, under a real engine", function () {
  this.timeout(TIMEOUT_MS);
  const folder = mkdtempSync(join(tmpdir(), "sockjs-sticky-aws-"));
  let account: Account;
  let stack: Stack;
  before(async () => {
    account = await Account.open();
    stack = await Stack.open(account, "dev", { changes: READY_MADE });
  });
  after(() => {
    account.close();
    rmSync(folder, { recursive: true });
  });

  it("can be previewed and updated after load balancers have timed out", async () => {
    account.cloud.controllersAreDown = true;
    const run = await stack.up();
    equal(run.succeeded, false);
    const late = run.faults.map(({ name, urn }) => `${urn.split(":").at(-3) ?? ""} ${name}`);
    ok(
      late.some((each) => ["Service echo", "Ingress company", "Ingress document"].includes(each)),
      run.output,
    );
    succeeded(await stack.preview());
    account.cloud.controllersAreDown = false;
    succeeded(await stack.up());
    const { urls } = await stack.outputs();
    match(String((urls?.value as Record<string, string>).echo), /^http:\/\/k8s-echo-echo\.elb\./);
  });

  it("reports why pods do not start, in their own words", async () => {
    const image = `${account.cloud.accountId}.dkr.ecr.us-east-1.amazonaws.com/app@sha256:${"0".repeat(64)}`;
    stack.configure({ image });
    const { succeeded: isDone, faults } = await stack.up();
    equal(isDone, false);
    const reasons = faults.filter(({ name }) => name === "echo").map(({ message }) => message);
    match(reasons.join("\n"), /\[Pod echo-.*ImagePullBackOff.*app@sha256:0/);
    stack.configure(READY_MADE);
    succeeded(await stack.up());
  });

  it("is destroyed after its cluster is gone, and only then forgets the cluster's objects", async () => {
    const { cloud } = account;
    const [{ key } = { key: "" }] = cloud.all(CLUSTER);
    // Somebody deleted it, and its load balancers.
    EKS[CLUSTER]?.leaves?.(key, {}, cloud);
    for (const { type, key: each } of cloud.things) {
      if ((type.startsWith("aws:eks/") && each.startsWith(key)) || type === BALANCER) {
        cloud.remove(type, each);
      }
    }
    const isInCluster = (urn: string): boolean => /\$?kubernetes:/.test(urn);
    const before = (await stack.madeResources()).filter(isInCluster);
    ok(before.length > 20);
    const plain = await stack.destroy();
    equal(plain.succeeded, false);
    match(plain.output, /PULUMI_K8S_DELETE_UNREACHABLE/);
    deepEqual((await stack.madeResources()).filter(isInCluster), before);

    writeFileSync(join(folder, "aws"), AWS, { mode: 0o755 });
    const PATH = [folder, account.environment.PATH].join(delimiter);
    const args = ["--yes", "--skip-preview", "--non-interactive"];
    const { status, output } = await runScript(account, stack, "destroy", args, { PATH });
    equal(status, 0, output);
    match(output, /cluster sockjs-sticky-dev is gone/);
    deepEqual(await stack.resources(), []);
    deepEqual(cloud.things, []);
  });
});
