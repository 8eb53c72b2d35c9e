import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { at } from "../mocks/mocks.ts";
import { Account, TIMEOUT_MS } from "./support/account.ts";
import { Stack } from "./support/stack.ts";

const OWN = { image: `registry.example/chat@sha256:${"1".repeat(64)}`, port: 3000 };
const MARKER = "marker-4711";

describe("workloads with images of their own, under a real engine", function () {
  this.timeout(TIMEOUT_MS);
  const folder = mkdtempSync(join(tmpdir(), "sockjs-sticky-own-"));
  const workloads = [
    { ...OWN, name: "by-ip", secrets: ["API_KEY"], database: true },
    { ...OWN, name: "by-cookie", affinity: "cookie", secrets: ["API_KEY"] },
    {
      ...OWN,
      name: "by-key",
      affinity: "key",
      keys: [{ key: { from: "path" }, path: "/rooms", methods: ["GET"] }],
    },
    { name: "built", build: folder, database: true },
    { app: "echo", name: "first" },
    { app: "echo", name: "second", affinity: "none" },
  ];
  let account: Account;
  let stack: Stack;

  before(async () => {
    writeFileSync(join(folder, "Dockerfile"), "FROM scratch\n");
    account = await Account.open();
    stack = await Stack.open(account, "dev", { changes: { workloads } });
    await stack.setSecret("secrets.by-ip.API_KEY", MARKER);
    await stack.setSecret("secrets.by-cookie.API_KEY", `${MARKER}-2`);
  });
  after(() => {
    account.close();
    rmSync(folder, { recursive: true });
  });

  it("are created in one up, and unchanged by the next", async () => {
    const { succeeded, output } = await stack.up();
    ok(succeeded, output);
    equal(output.includes(MARKER), false);
    const { urls } = await stack.outputs();
    deepEqual(
      Object.keys(urls?.value as object).toSorted(),
      workloads.map(({ name }) => name).toSorted(),
    );
    deepEqual((await stack.up()).steps, []);
  });

  it("get their secrets, which are nowhere in the state, the preview and the outputs as plain text", async () => {
    const values = account.cloud
      .all("kubernetes:core/v1:Secret")
      .map(({ inputs }) => at(inputs, "stringData", "API_KEY"))
      .filter((value) => value !== undefined);
    deepEqual(values.toSorted(), [MARKER, `${MARKER}-2`]);
    const encoded = Buffer.from(MARKER).toString("base64").slice(0, -2);
    const state = JSON.stringify([stack.stored(), await stack.outputs()]);
    deepEqual([state.includes(MARKER), state.includes(encoded)], [false, false]);
    await stack.setSecret("secrets.by-ip.API_KEY", `${MARKER}-3`);
    const { output, steps } = await stack.preview();
    equal(output.includes(MARKER), false);
    ok(steps.some(({ op, name }) => op.startsWith("create") && name === "by-ip-secrets"));
  });

  it("leave all others as they are when one goes, with the Fargate profile", async () => {
    stack.configure({ workloads: workloads.slice(1) });
    await stack.setSecret("secrets.by-cookie.API_KEY", `${MARKER}-2`);
    const { steps, succeeded, output } = await stack.up();
    ok(succeeded, output);
    ok(steps.length > 0);
    deepEqual(
      steps.filter(({ op, name }) => op !== "delete" || !name.startsWith("by-ip")),
      [],
    );
  });

  it("leave nothing behind when the stack is destroyed", async () => {
    const { succeeded, output } = await stack.destroy();
    ok(succeeded, output);
    deepEqual(account.cloud.things, []);
  });
});
