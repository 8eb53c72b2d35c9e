import { deepEqual, equal, match, ok } from "node:assert/strict";
import { nameOf, typeOf } from "./providers/wire.ts";
import { Account, TIMEOUT_MS } from "./support/account.ts";
import { interruptedUp } from "./support/interrupt.ts";
import { Stack } from "./support/stack.ts";

/** Where the engine is killed: at a resource that is early, in the middle, and late. */
const MOMENTS = ["aws:ec2/vpc:Vpc", "aws:eks/cluster:Cluster", "kubernetes:apps/v1:Deployment"];

describe("an engine that is killed in the middle", function () {
  this.timeout(TIMEOUT_MS);
  let account: Account;
  let stack: Stack;
  before(async () => {
    account = await Account.open();
    stack = await Stack.open(account, "dev");
  });
  after(() => account.close());

  for (const moment of MOMENTS) {
    it(`at ${moment} is recovered by cancel, refresh and up`, async () => {
      const { cloud } = account;
      let isCaught = false;
      await interruptedUp(account, stack, "SIGKILL", 1, ({ op, type }) => {
        const isFirst = op === "create" && type === moment && !isCaught;
        isCaught ||= isFirst;
        return isFirst;
      });
      const locked = await stack.up();
      equal(locked.succeeded, false);
      match(locked.output, /pulumi cancel/);
      await stack.cancel();
      const pending = await stack.pendingCreates();
      ok(pending.some((urn) => typeOf(urn) === moment));
      // What the engine had asked for in its last moment has not got through.
      for (const urn of pending) {
        const made = cloud.all(typeOf(urn)).find(({ name }) => name === nameOf(urn));
        cloud.remove(typeOf(urn), made?.key ?? "");
      }
      const refreshed = await stack.refresh();
      ok(refreshed.succeeded, refreshed.output);
      deepEqual(await stack.pendingCreates(), []);
      const { succeeded, output, steps } = await stack.up();
      ok(succeeded, output);
      ok(!steps.some(({ op }) => /replace|delete/.test(op)));
      const again = await stack.up();
      deepEqual(again.steps, []);
      const destroyed = await stack.destroy();
      ok(destroyed.succeeded, destroyed.output);
      deepEqual(cloud.things, []);
    });
  }
});
