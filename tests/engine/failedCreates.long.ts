import { deepEqual, ok } from "node:assert/strict";
import { typeOf } from "./providers/wire.ts";
import { Account, TIMEOUT_MS } from "./support/account.ts";
import { destroyed, failEachOnce } from "./support/failing.ts";
import { Stack } from "./support/stack.ts";

describe("resources that cannot be created, under a real engine", function () {
  this.timeout(TIMEOUT_MS);
  let account: Account;
  let stack: Stack;
  before(async () => {
    account = await Account.open();
    stack = await Stack.open(account, "dev");
  });
  after(() => account.close());

  it("are reported, created by the next up, and leave nothing behind if the stack is destroyed in between", async () => {
    const left: string[] = [];
    const failed = await failEachOnce(
      account,
      "create",
      () => "refused",
      () => stack.up({ continueOnError: true }),
      async () => void left.push(...(await destroyed(account, stack))),
    );
    deepEqual(left, []);
    deepEqual(failed.toSorted(), await stack.madeResources());
    const types = new Set(failed.map(typeOf));
    ok(types.size > 25, `${types.size} types`);
  });
});
