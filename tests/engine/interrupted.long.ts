import { deepEqual, equal, match, ok } from "node:assert/strict";
import { at } from "../mocks/mocks.ts";
import type { Thing } from "./providers/cloud.ts";
import { RELEASE } from "./providers/kubernetes/objects.ts";
import { nameOf, typeOf } from "./providers/wire.ts";
import { Account, TIMEOUT_MS } from "./support/account.ts";
import { interruptedUp } from "./support/interrupt.ts";
import { runPrinted, runScript } from "./support/script.ts";
import { Stack } from "./support/stack.ts";

const IMAGE = "registry.example/app";
const DEPLOYMENT = "kubernetes:apps/v1:Deployment";

/** Resources during whose creation the engine is killed, the command that deletes each, and its key in the account. */
const MADE: readonly Readonly<Record<string, { command: RegExp; key: RegExp }>>[] = [
  {
    "aws:rds/instance:Instance": {
      command:
        /aws rds delete-db-instance --db-instance-identifier (?<name>sockjs-sticky-dev-\w+) /,
      key: /^db-/,
    },
    [RELEASE]: {
      command:
        /kubectl delete secret --namespace kube-system --selector owner=helm,name=(?<name>aws-load-balancer-controller)$/m,
      key: /kube-system\/aws-load-balancer-controller$/,
    },
  },
  {
    "kubernetes:core/v1:Service": {
      command: /kubectl delete service (?<name>echo) --namespace echo /,
      key: /\/echo\/echo$/,
    },
    "kubernetes:networking.k8s.io/v1:Ingress": {
      command: /kubectl delete ingress (?<name>company) --namespace company /,
      key: /\/company\/company$/,
    },
  },
];

describe("an interrupted run, under a real engine", function () {
  this.timeout(TIMEOUT_MS);
  let account: Account;
  let stack: Stack;
  const image = (version: number) => ({ image: `${IMAGE}:${version}` });

  before(async () => {
    account = await Account.open();
    stack = await Stack.open(account, "dev", { changes: image(1) });
  });
  after(() => account.close());

  function imagesOf(things: readonly Thing[]): unknown[] {
    return things.map(({ outputs }) =>
      at(outputs, "spec", "template", "spec", "containers", 0, "image"),
    );
  }

  for (const kinds of MADE) {
    const types = Object.keys(kinds);

    it(`while it creates ${types.join(" and ")} makes npm run up list them, with the commands that resolve them`, async () => {
      const { cloud } = account;
      await interruptedUp(
        account,
        stack,
        "SIGKILL",
        types.length,
        ({ op, type, name }) =>
          op === "create" &&
          types.includes(type) &&
          (type !== "kubernetes:core/v1:Service" || name === "echo") &&
          name !== "document",
      );
      await stack.cancel();
      const pending = await stack.pendingCreates();
      equal(pending.length, types.length);
      for (const name of ["up", "destroy"] as const) {
        const before = cloud.operations.length;
        const { status, output } = await runScript(account, stack, name);
        equal(status, 1, output);
        deepEqual(
          pending.filter((urn) => !output.includes(urn)),
          [],
        );
        for (const { command } of Object.values(kinds)) {
          match(output, command);
        }
        equal(cloud.operations.length, before);
      }
      // Pulumi alone finds their names taken; of a database it would make a second one.
      cloud.trouble = ({ op, type }) =>
        op === "create" && type.startsWith("aws:") ? "refused" : undefined;
      const plain = await stack.up({ continueOnError: true });
      cloud.trouble = () => undefined;
      equal(plain.succeeded, false);
      match(plain.output, /cannot re-use a name that is still in use|already exists/);
      deepEqual(await stack.pendingCreates(), pending);
      const { output } = await runScript(account, stack, "up");
      for (const [type, { key }] of Object.entries(kinds)) {
        const found = cloud.all(type).filter((each) => key.test(each.key));
        equal(found.length, 1, type);
        cloud.remove(type, found[0]?.key ?? "");
      }
      const [refresh = ""] = /npx pulumi refresh .*/.exec(output) ?? [];
      const refreshed = await runPrinted(account, stack, refresh);
      equal(refreshed.status, 0, refreshed.output);
      deepEqual(await stack.pendingCreates(), []);
    });
  }

  it("continues afterwards, and creates nothing twice", async () => {
    const { succeeded, output } = await stack.up();
    ok(succeeded, output);
    const made = await stack.madeResources();
    const kept = account.cloud.things.filter(
      // EKS itself gives the cluster's creator an access entry.
      ({ type, name }) => type.includes(":") && name !== "creator",
    );
    deepEqual(
      kept.map(({ type, name }) => `${type}::${name}`).toSorted(),
      made.map((urn) => `${typeOf(urn)}::${nameOf(urn)}`).toSorted(),
    );
  });

  for (const signal of ["SIGKILL", "SIGINT"] as const) {
    it(`by ${signal} during a roll-out is corrected when the image is reverted`, async () => {
      const { cloud } = account;
      stack.configure(image(2));
      await interruptedUp(account, stack, signal, 1, ({ op, type, name }) => {
        return op === "update" && type === DEPLOYMENT && name === "echo";
      });
      if (signal === "SIGKILL") {
        await stack.cancel();
      }
      ok(imagesOf(cloud.all(DEPLOYMENT)).includes(`${IMAGE}:2`));
      stack.configure(image(1));
      const { succeeded, output, steps } = await stack.up();
      ok(succeeded, output);
      ok(
        steps.some(({ op, type, name }) => `${op} ${type} ${name}` === `update ${DEPLOYMENT} echo`),
      );
      deepEqual(new Set(imagesOf(cloud.all(DEPLOYMENT))), new Set([`${IMAGE}:1`]));
      deepEqual((await stack.up()).steps, []);
    });
  }

  it("leaves nothing behind when the stack is destroyed", async () => {
    const { succeeded, output } = await stack.destroy();
    ok(succeeded, output);
    deepEqual(account.cloud.things, []);
  });
});
