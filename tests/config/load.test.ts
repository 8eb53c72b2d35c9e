import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../config/load.ts";
import { RULES } from "../../config/stackSettings.ts";
import { mockPulumi } from "../mocks/mocks.ts";
import { configure, declarations, PROJECT, stackFile, STACKS } from "../mocks/stackConfig.ts";
import { COMPANY, DEFAULTS, ECHO, EXPECTED, grouped } from "./expected.ts";
import { loaded } from "./refusal.ts";
import { withWarnings } from "../mocks/warnings.ts";

async function previewed(stack: string, changes: Record<string, unknown> = {}) {
  await mockPulumi({ project: PROJECT, stack, preview: true });
  configure(stack, changes);
  return withWarnings(loadConfig);
}

/** Settings whose types Pulumi cannot check. */
const UNTYPED = ["workloads", "secrets", "network", "cluster"];

describe("config", () => {
  it("uses the defaults of Pulumi.yaml if a stack sets nothing", async () => {
    deepEqual(await loaded("new"), grouped(DEFAULTS));
  });

  it("groups settings by what they configure", async () => {
    deepEqual(await loaded("prod"), {
      name: "sockjs-sticky-prod",
      region: "us-east-1",
      workloads: EXPECTED.prod.workloads,
      secrets: {},
      deletionProtection: true,
      existingCluster: undefined,
      controller: "install",
      network: { cidr: "10.0.0.0/16", zones: 3, natGateways: "per-zone", existing: undefined },
      controlPlane: {
        kubernetesVersion: "1.35",
        admins: [],
        endpointPublicAccess: true,
        publicAccessCidrs: ["8.8.8.0/24"],
        privateAccessCidrs: [],
        secretsEncryption: true,
        logTypes: ["api", "audit", "authenticator", "controllerManager", "scheduler"],
      },
      logRetentionDays: 365,
      controllerChart: { location: "https://aws.github.io/eks-charts", version: "3.5.0" },
      image: { uri: undefined, immutableTags: true },
      database: {
        postgresVersion: "18",
        instanceClass: "db.t4g.medium",
        storageGiB: 50,
        multiAz: true,
        backupDays: 30,
        finalSnapshot: true,
      },
      listener: {
        scheme: "internet-facing",
        sourceRanges: ["0.0.0.0/0"],
        tlsPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
        webAclArn: undefined,
        accessLogsBucket: undefined,
      },
      tls: { certificateArn: undefined, hostedZoneId: undefined },
      keyRouterImage: DEFAULTS.keyRouterImage,
      psqlImage: DEFAULTS.psqlImage,
    });
  });

  for (const stack of STACKS) {
    it(`loads Pulumi.${stack}.yaml`, async () => {
      deepEqual(await loaded(stack), grouped(EXPECTED[stack]));
    });
  }

  it("declares every setting with type, default and description, and no other", async () => {
    const declared = declarations();
    deepEqual(
      Object.keys(declared).toSorted(),
      ["workloads", "secrets", ...Object.keys(RULES)].toSorted(),
    );
    for (const [setting, { type, description, default: value }] of Object.entries(declared)) {
      const kind = Array.isArray(value) ? "array" : typeof value;
      const declared = UNTYPED.includes(setting) ? undefined : kind;
      equal(declared === "number" ? "integer" : declared, type, setting);
      ok(description.length > 15, setting);
    }
    await mockPulumi();
  });

  it("sets nothing in a stack's file that is not declared", () => {
    const names = new Set(Object.keys(declarations()).map((setting) => `${PROJECT}:${setting}`));
    for (const stack of STACKS) {
      const unknown = Object.keys(stackFile(stack)).filter((name) => !names.has(name));
      deepEqual(unknown, ["aws:region"]);
    }
  });

  it("accepts optional settings", async () => {
    const optional = {
      image: `registry.example/echo@sha256:${"1".repeat(64)}`,
      certificateArn: "arn:aws-us-gov:acm:us-gov-west-1:111122223333:certificate/a1-b2",
      webAclArn: "arn:aws-us-gov:wafv2:us-gov-west-1:111122223333:regional/webacl/ours/a1-b2",
      hostedZoneId: "Z0123456789ABC",
      accessLogsBucket: "echo-logs",
    };
    const region = "us-gov-west-1";
    const allowedOrigins = ["https://app.example.com", "http://[::1]:3000"];
    const limits = { maxReplicas: 9, maxCreationsPerSecond: 5 };
    const workloads = [
      { app: "company", dnsName: "company.example.com", ...limits, allowedOrigins },
    ];
    deepEqual(
      await loaded("new", { ...optional, workloads, "aws:region": region }),
      grouped({
        ...DEFAULTS,
        ...optional,
        region,
        workloads: [{ ...COMPANY, ...workloads[0], app: "company" }],
      }),
    );
  });

  it("accepts the limits of every range", async () => {
    const least = { replicas: 1, drainSeconds: 150, idleTimeoutSeconds: 60 };
    const small = { zones: 2, databaseStorageGiB: 20, databaseBackupDays: 0 };
    deepEqual(
      await loaded("new", { ...small, workloads: [{ app: "echo", ...least }] }),
      grouped({
        ...DEFAULTS,
        ...small,
        workloads: [{ ...ECHO, ...least }],
      }),
    );
    const most = { replicas: 99, drainSeconds: 3600, idleTimeoutSeconds: 6000, maxReplicas: 100 };
    const large = { zones: 4, logRetentionDays: 3653, databaseBackupDays: 35 };
    deepEqual(
      await loaded("new", { ...large, workloads: [{ app: "echo", ...most }] }),
      grouped({
        ...DEFAULTS,
        ...large,
        workloads: [{ ...ECHO, ...most }],
      }),
    );
  });

  for (const [affinity, drainSeconds] of [
    ["cookie", 60],
    ["key", 10],
  ] as const) {
    it(`accepts a drain of ${drainSeconds} s for affinity ${affinity}`, async () => {
      const workloads = [{ app: "company", affinity, drainSeconds }];
      deepEqual((await loaded("new", { workloads })).workloads, [
        { ...COMPANY, affinity, drainSeconds },
      ]);
    });
  }

  it("accepts lists as Pulumi passes them: JSON in text", async () => {
    const lists = {
      sourceRanges: ["198.51.100.0/24", "203.0.113.0/24"],
      admins: ["arn:aws:iam::111122223333:role/ops/on-call", "arn:aws:iam::111122223333:user/a"],
      controlPlaneLogs: ["scheduler" as const],
    };
    deepEqual(await loaded("new", lists), grouped({ ...DEFAULTS, ...lists }));
  });

  it("allows without affinity what affinity forbids", async () => {
    const certificateArn = "arn:aws:acm:us-east-1:111122223333:certificate/a1b2";
    const free = { affinity: "none", crossZone: false } as const;
    const workloads = [{ app: "echo", ...free }];
    deepEqual(
      await loaded("new", { workloads, certificateArn }),
      grouped({
        ...DEFAULTS,
        certificateArn,
        workloads: [{ ...ECHO, ...free }],
      }),
    );
  });

  it("accepts a web ACL if a workload has an Application Load Balancer", async () => {
    const webAclArn = "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/ours/a1b2";
    equal((await loaded("dev", { webAclArn })).listener.webAclArn, webAclArn);
  });

  it("allows the whole internet to reach the API only while nothing is protected", async () => {
    const open = { publicAccessCidrs: ["0.0.0.0/0"], deletionProtection: false };
    deepEqual((await loaded("prod", open)).controlPlane.publicAccessCidrs, ["0.0.0.0/0"]);
  });

  it("allows specific blocks of up to /8 if something is protected", async () => {
    const named = { publicAccessCidrs: ["198.0.0.0/8", "8.8.8.8/32"] };
    deepEqual(
      (await loaded("prod", named)).controlPlane.publicAccessCidrs,
      named.publicAccessCidrs,
    );
  });

  it("warns in a preview of documentation blocks, such as those in prod's file", async () => {
    const scheme = "internal";
    const asItIs = {
      scheme,
      publicAccessCidrs: stackFile("prod")[`${PROJECT}:publicAccessCidrs`],
    };
    const { result, warnings } = await previewed("prod", asItIs);
    deepEqual(result.controlPlane.publicAccessCidrs, ["203.0.113.0/24"]);
    equal(warnings.length, 1);
    ok(warnings[0]?.startsWith("sockjs-sticky:publicAccessCidrs has 203.0.113.0/24"));
    const publicAccessCidrs = ["192.0.2.0/24", "198.51.100.7/32", "198.51.101.0/24"];
    const placeholders = await previewed("new", { scheme, publicAccessCidrs });
    ok(placeholders.warnings[0]?.includes(" has 192.0.2.0/24, 198.51.100.7/32, "));
    for (const stack of STACKS) {
      deepEqual((await previewed(stack, { scheme })).warnings, []);
    }
  });

  it("accepts charts from other repositories, and from a folder that has one", async () => {
    const folder = mkdtempSync(join(tmpdir(), "chart-"));
    writeFileSync(join(folder, "Chart.yaml"), "name: aws-load-balancer-controller\n");
    for (const controllerChart of ["https://charts.example", "oci://r.example/chart", folder]) {
      equal((await loaded("new", { controllerChart })).controllerChart.location, controllerChart);
    }
    rmSync(folder, { recursive: true });
  });

  it("accepts the longest stack name from which names of roles can be made", async () => {
    const stack = "s".repeat(43 - "sockjs-sticky-".length);
    equal((await loaded(stack)).name.length, 43);
  });
});
