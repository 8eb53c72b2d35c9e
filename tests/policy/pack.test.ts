import { deepEqual, equal } from "node:assert/strict";
import { CLOUD, NETWORK } from "../mocks/existing.ts";
import { STACKS } from "../mocks/stackConfig.ts";
import { Pack } from "./pack.ts";
import { planOf } from "./plan.ts";

const MANDATORY = 1;

const OWN = { image: `registry.example/chat@sha256:${"1".repeat(64)}` };
const KEYS = [{ key: { from: "path" }, path: "/rooms", methods: ["GET"] }];

describe("policy pack", () => {
  let pack: Pack;

  before(async () => {
    pack = await Pack.ofProcess();
  });

  it("starts as Pulumi starts it, with mandatory policies of different names", async () => {
    const policies = await pack.policies();
    equal(policies.length, 19);
    equal(new Set(policies.map(({ name }) => name)).size, policies.length);
    deepEqual(
      policies.filter(({ level }) => level !== MANDATORY),
      [],
    );
  });

  for (const stack of [...STACKS, "examples"]) {
    it(`finds nothing in ${stack}`, async () => {
      const plan = await planOf(stack);
      deepEqual(await pack.violations(plan), []);
      deepEqual(await pack.advice(plan), []);
    });

    it(`finds nothing in ${stack} before its first up, and reports what is unknown`, async () => {
      const plan = await planOf(stack, {}, { preview: true });
      deepEqual(await pack.violations(plan), []);
      const advice = await pack.advice(plan);
      const unknown = Object.entries({
        "no-wildcard-permissions": ":RolePolicy",
        "keys-stay": ":ConfigMap",
      }).flatMap(([policy, type]) =>
        plan.resources.filter((each) => each.type.endsWith(type)).map(({ name }) => [policy, name]),
      );
      const advised = new Set(unknown.map(String));
      deepEqual(
        advice.filter(({ of, policy }) => !advised.has(String([policy, of]))),
        [],
      );
    });

    it(`finds nothing in what a preview of ${stack} omits with --target`, async () => {
      const plan = await planOf(stack, {}, { preview: true });
      plan.resources
        .filter(({ type }) => !type.endsWith(":Namespace"))
        .forEach((each) => (each.inputs = {}));
      deepEqual(await pack.violations(plan), []);
    });
  }

  for (const [setting, changes] of Object.entries({
    certificateArn: { certificateArn: "arn:aws:acm:us-east-1:111122223333:certificate/a1b2" },
    scheme: { scheme: "internal" },
    accessLogsBucket: {
      accessLogsBucket: "logs",
      certificateArn: "arn:aws:acm:us-east-1:111122223333:certificate/a1b2",
    },
    admins: { admins: ["arn:aws:iam::111122223333:role/ops"] },
    image: { image: `registry.example/apps@sha256:${"a".repeat(64)}` },
    deletionProtection: {
      deletionProtection: true,
      publicAccessCidrs: ["8.8.8.0/24"],
    },
    "list of workloads": {
      workloads: [
        { ...OWN, name: "by-ip", secrets: ["API_KEY"], writableFolders: ["/tmp"] },
        { ...OWN, name: "by-cookie", affinity: "cookie" },
        { ...OWN, name: "by-session", affinity: "cookie", cookie: { name: "sid" } },
        { ...OWN, name: "by-key", affinity: "key", keys: KEYS },
        { name: "built", build: "./app" },
        { app: "company", name: "registry" },
      ],
      secrets: { "by-ip": { API_KEY: "secret-4711" } },
    },
  })) {
    it(`finds nothing with another ${setting}`, async () => {
      deepEqual(await pack.violations(await planOf("dev", changes)), []);
    });
  }

  for (const [what, settings] of Object.entries({
    "on Fargate": { cluster: { name: "shared" } },
    "with nodes and a controller": {
      cluster: { name: "shared", nodes: true },
      controller: "existing",
    },
  })) {
    it(`finds nothing in an existing cluster ${what}`, async () => {
      const plan = await planOf("dev", { network: NETWORK, ...settings }, CLOUD);
      deepEqual(await pack.violations(plan), []);
    });
  }

  it("finds a load balancer without a controller in an existing cluster", async () => {
    const cluster = { name: "shared", nodes: true };
    const plan = await planOf("dev", { network: NETWORK, cluster, controller: "existing" }, CLOUD);
    plan.resources.splice(plan.resources.indexOf(plan.one("ExistingController")), 1);
    const violations = await pack.violations(plan);
    deepEqual(
      new Set(violations.map(({ policy }) => policy)),
      new Set(["controller-before-load-balancers"]),
    );
  });
});
