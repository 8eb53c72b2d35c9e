import { deepEqual, equal, ok } from "node:assert/strict";
import { stackFile } from "../../mocks/stackConfig.ts";
import { SNAPSHOT } from "../providers/aws/services.ts";
import { Account, TIMEOUT_MS } from "./account.ts";
import { assertDeletedInOrder } from "./order.ts";
import { Stack, type Run } from "./stack.ts";

interface Workload {
  app: string;
  replicas: number;
  drainSeconds?: number;
}

const IMAGE = "registry.example/app";

/** A stack file's whole life, from preview to destroy, in an account of its own. */
export function describeLifecycle(name: string, { ownImage }: { ownImage: boolean }): void {
  const config = stackFile(name);
  const workloads = config["sockjs-sticky:workloads"] as Workload[];
  const isProtected = config["sockjs-sticky:deletionProtection"] === true;
  const snapshots = config["sockjs-sticky:databaseFinalSnapshot"] === true ? 1 : 0;
  const settings = ownImage ? { image: `${IMAGE}:1` } : {};

  describe(`stack ${name} under a real engine`, function () {
    this.timeout(TIMEOUT_MS);
    let account: Account;
    let stack: Stack;
    before(async () => {
      account = await Account.open();
      stack = await Stack.open(account, name, { changes: settings });
    });
    after(() => account.close());

    it("is created as it was previewed, without an error", async () => {
      const preview = await stack.preview();
      succeeded(preview);
      deepEqual(account.cloud.operations, []);
      const up = await stack.up();
      succeeded(up);
      ok(preview.steps.length > 80);
      deepEqual(namesOf(up), namesOf(preview));
    });

    it("does not change in a second up, and matches the state after a refresh", async () => {
      for (const run of [await stack.up(), await stack.refresh()]) {
        succeeded(run);
        deepEqual(namesOf(run), []);
      }
    });

    it("updates only workloads, in place, when replicas, drain or image change", async () => {
      const changed = workloads.map((workload) => ({
        ...workload,
        replicas: workload.replicas + 1,
        drainSeconds: (workload.drainSeconds ?? 150) + 10,
      }));
      stack.configure({ workloads: changed, ...(ownImage ? { image: `${IMAGE}:2` } : {}) });
      const run = await stack.up();
      succeeded(run);
      deepEqual(
        run.steps.filter(({ op }) => op !== "update"),
        [],
      );
      const kinds = new Set(run.steps.map(({ type }) => type.split(":").at(-1)));
      const kind = (each: string): string[] => (kinds.has(each) ? [each] : []);
      const scaled = config["sockjs-sticky:workloads"]
        ? workloads.filter((workload) => "maxReplicas" in workload).length
        : 0;
      equal(run.steps.length, workloads.length + scaled);
      deepEqual(
        [...kinds].toSorted(),
        [
          ...kind("Deployment"),
          ...kind("StatefulSet"),
          ...(scaled > 0 ? ["HorizontalPodAutoscaler"] : []),
        ].toSorted(),
      );
    });

    if (isProtected) {
      it("is not destroyed, not even in part, while deletion protection is on", async () => {
        const before = account.cloud.operations.length;
        const run = await stack.previewDestroy();
        equal(run.succeeded, false);
        equal(account.cloud.operations.length, before);
        const messages = run.faults.filter(({ urn }) => urn !== "").map(({ message }) => message);
        ok(messages.length > 0);
        deepEqual(
          messages.filter((message) => !message.includes("because it is protected")),
          [],
        );
        stack.configure({ ...settings, deletionProtection: false });
        succeeded(await stack.up());
      });
    }

    it("is destroyed completely, in an order in which no deletion blocks another one", async () => {
      const { cloud } = account;
      const before = cloud.operations.length;
      succeeded(await stack.destroy());
      const operations = cloud.operations.slice(before);
      deepEqual(
        operations.filter(({ refusal }) => refusal !== undefined),
        [],
      );
      assertDeletedInOrder(operations);
      deepEqual(
        cloud.things.filter(({ type }) => type !== SNAPSHOT),
        [],
      );
      equal(cloud.all(SNAPSHOT).length, snapshots);
      deepEqual(await stack.resources(), []);
    });
  });
}

function succeeded(run: Run): void {
  ok(run.succeeded, run.output);
}

function namesOf({ steps }: Run): string[] {
  return steps.map(({ op, urn }) => `${op} ${urn}`).toSorted();
}
