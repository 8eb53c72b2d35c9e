import { deepEqual, equal, ok } from "node:assert/strict";
import { at } from "../mocks/mocks.ts";
import { Account, TIMEOUT_MS } from "./support/account.ts";
import { Stack } from "./support/stack.ts";

describe("secrets, under a real engine", function () {
  this.timeout(TIMEOUT_MS);
  let account: Account;
  let stack: Stack;
  before(async () => {
    account = await Account.open();
    stack = await Stack.open(account, "dev");
    const { succeeded, output } = await stack.up();
    ok(succeeded, output);
  });
  after(() => account.close());

  it("include the database's password and URL, which are nowhere in the state as plain text", async () => {
    const [password] = account.cloud.all("random:index/randomPassword:RandomPassword");
    const secret = String(password?.outputs.result);
    equal(secret.length, 32);
    const [instance] = account.cloud.all("aws:rds/instance:Instance");
    equal(instance?.inputs.password, secret);
    const objects = account.cloud.all("kubernetes:core/v1:Secret");
    ok(objects.every(({ inputs }) => JSON.stringify(inputs).includes(secret)));
    const [url = ""] = objects.map(({ inputs }) =>
      String(at(inputs, "stringData", "DATABASE_URL")),
    );
    ok(url.includes(secret));
    // What is read from a cluster is encoded, and no less secret.
    const plain = [secret, Buffer.from(url).toString("base64")];
    const leaks = (): string[] => {
      const resources = stack.stored();
      ok(resources.length > 90);
      return resources
        .filter((each) => plain.some((text) => JSON.stringify(each).includes(text)))
        .map(({ urn }) => urn);
    };
    deepEqual(leaks(), []);
    const { succeeded, output } = await stack.refresh();
    ok(succeeded, output);
    deepEqual(leaks(), []);
  });

  it("include the kubeconfig, in the outputs and in all resources that the program itself creates", async () => {
    const { kubeconfig } = await stack.outputs();
    equal(kubeconfig?.secret, true);
    ok(String(kubeconfig.value).includes("current-context"));
    const resources = stack.stored();
    const plain = resources.filter((each) => JSON.stringify(each).includes("current-context"));
    // The component of eks keeps one, in which there is no credential: the AWS CLI gets them.
    deepEqual(
      plain.map(({ type }) => type).filter((type) => type !== "eks:index:Cluster"),
      ["pulumi:providers:kubernetes"],
    );
    ok(plain.every(({ urn }) => urn.includes("$eks:index:Cluster")));
  });
});
