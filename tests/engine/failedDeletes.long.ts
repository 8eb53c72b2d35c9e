import { deepEqual, ok } from "node:assert/strict";
import { Account, TIMEOUT_MS } from "./support/account.ts";
import { destroyed, failEachOnce } from "./support/failing.ts";
import { Stack } from "./support/stack.ts";

describe("resources that are not ready or not deleted, under a real engine", function () {
  this.timeout(TIMEOUT_MS);
  let account: Account;
  let stack: Stack;
  before(async () => {
    account = await Account.open();
    stack = await Stack.open(account, "dev");
  });
  after(() => account.close());

  it("are reported if they exist but are not ready, ready after the next up, and deleted by destroy", async () => {
    const left: string[] = [];
    const failed = await failEachOnce(
      account,
      "create",
      // Only of Kubernetes' objects Pulumi keeps what is not ready.
      ({ type }) => (type.startsWith("kubernetes:") ? "not ready" : undefined),
      () => stack.up({ continueOnError: true }),
      async () => void left.push(...(await destroyed(account, stack))),
    );
    deepEqual(left, []);
    ok(failed.length > 20, `${failed.length} objects`);
    const resources = await stack.resources();
    deepEqual(
      resources.filter(({ initErrors = [] }) => initErrors.length > 0),
      [],
    );
  });

  it("are reported if they are not deleted, and deleted by the next destroy", async () => {
    const made = await stack.madeResources();
    // Images go with their repository.
    const retained = (await stack.resources()).filter((each) => each.retainOnDelete === true);
    const failed = await failEachOnce(
      account,
      "delete",
      () => "refused",
      () => stack.destroy({ continueOnError: true }),
    );
    deepEqual(
      failed.toSorted(),
      made.filter((urn) => retained.every((each) => each.urn !== urn)),
    );
    deepEqual(account.cloud.things, []);
    deepEqual(await stack.resources(), []);
  });
});
