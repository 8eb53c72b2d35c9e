import { deepEqual, equal, ok } from "node:assert/strict";
import type { Config } from "../../config/config.ts";
import { loadConfig } from "../../config/load.ts";
import { mockPulumi } from "../mocks/mocks.ts";
import { refusal } from "./refusal.ts";
import { configure, stackFile } from "../mocks/stackConfig.ts";

const CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/a1b2";
const ROLE = "arn:aws:iam::111122223333:role/ops";

/** An ARN that is right but for its path. */
const roleAt = (path: string): string => `arn:aws:iam::111122223333:role/${path}`;

const DIGEST = `sha256:${"a".repeat(64)}`;

/** Values that look right and are not; the fault names the setting and what of it is wrong. */
const PITFALLS: [setting: string, value: unknown, wrong?: string][] = [
  ...[
    ...["\0", "{}", "-x", "echo", "registry.example/echo", "a/:1", "Echo:1", "echo:", "echo:-1"],
    ...["echo@sha256:1", `echo@sha256:${"A".repeat(64)}`, `echo@md5:${"a".repeat(32)}`],
    ...[`https://registry.example/echo@${DIGEST}`, `${"a".repeat(256)}:1`, `e:${"1".repeat(129)}`],
  ].flatMap((image): [string, unknown][] => [
    ["image", image],
    ["keyRouterImage", image],
  ]),
  ...["1.5", "2", "2.9-alpine", "3.0", "3.1.9", "v3.1", "0.9"].map((tag): [string, unknown] => [
    "keyRouterImage",
    `haproxy:${tag}`,
  ]),
  ["keyRouterImage", `haproxy:3.1@${DIGEST}`],
  ...[
    ...["0.0.0.0/16", "0.1.0.0/16", "127.0.0.0/16", "169.254.0.0/16", "172.17.0.0/16"],
    ...["172.17.128.0/17", "198.18.0.0/16", "198.19.0.0/16", "224.0.0.0/16", "239.255.252.0/22"],
    ...["240.0.0.0/16", "255.255.0.0/16"],
  ].map((cidr): [string, unknown] => ["vpcCidr", cidr]),
  ...[
    ...[
      "0.0.0.0/8",
      "0.1.2.3/32",
      "100.64.0.0/10",
      "100.127.0.0/16",
      "127.0.0.0/8",
      "127.0.0.1/32",
    ],
    ...["169.254.0.0/16", "192.0.0.0/24", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"],
    ...["255.255.255.255/32", "224.0.0.0/3"],
  ].map((cidr): [string, unknown, string] => ["publicAccessCidrs", ["8.8.8.0/24", cidr], cidr]),
  ...["0.0.0.0/8", "127.0.0.1/32", "169.254.169.254/32", "224.0.0.0/4", "240.0.0.0/4"].map(
    (cidr): [string, unknown, string] => ["sourceRanges", ["8.8.8.0/24", cidr], cidr],
  ),
  ...["publicAccessCidrs", "sourceRanges"].map((setting): [string, unknown] => [
    setting,
    ["8.8.8.0/24", "9.9.9.9/32", "8.8.8.0/24"],
  ]),
  ["controlPlaneLogs", ["api", "audit", "api"]],
  ...["", "/", "..", "../ops", "a/../ops", "a/.", "a//ops", "ops/", "a b"].map(
    (path): [string, unknown] => ["admins", [roleAt(path)]],
  ),
  ["admins", [roleAt("a/ops"), roleAt("b/ops")]],
  ["admins[1]", [ROLE, "arn:aws-cn:iam::111122223333:role/ops"], "aws-cn"],
  ["admins[0]", ["arn:aws-us-gov:iam::111122223333:user/ada"], "aws-us-gov"],
  ["admins[0]", ["arn:other:iam::111122223333:user/ada"], "arn:other"],
  ["certificateArn", CERTIFICATE.replace("arn:aws:", "arn:aws-cn:"), "aws-cn"],
  ...["-logs", "logs-", "lo..gs", "192.168.1.1", "xn--logs", "Logs", "lo", "l".repeat(64)].map(
    (bucket): [string, unknown] => ["accessLogsBucket", bucket],
  ),
  ...["https://charts example", "https://", "oci://r.example/\0", "https://u:p@charts.example"].map(
    (chart): [string, unknown] => ["controllerChart", chart],
  ),
];

async function loaded(changes: Record<string, unknown>): Promise<Config> {
  await mockPulumi({ stack: "new" });
  configure("new", changes);
  return loadConfig();
}

describe("config rejects values that only look right:", () => {
  for (const [setting, value, wrong = ""] of PITFALLS) {
    const text = JSON.stringify(value);
    it(`${setting} ${text.length < 100 ? text : `${text.slice(0, 40)}…`}`, async () => {
      const [name = ""] = setting.split("[");
      const faults = (await refusal({ [name]: value })).split("\n");
      equal(faults.length, 1, faults.join("\n"));
      ok(faults[0]?.startsWith(`sockjs-sticky:${setting} `), faults[0]);
      ok(faults[0]?.includes(wrong), faults[0]);
    });
  }

  it("admins of another partition than the region's", async () => {
    for (const [region, partition] of [
      ["cn-north-1", "aws-cn"],
      ["us-gov-east-1", "aws-us-gov"],
    ] as const) {
      const fault = await refusal({ "aws:region": region, admins: [ROLE] });
      ok(fault.startsWith(`sockjs-sticky:admins[0] is "${ROLE}"`), fault);
      ok(fault.includes(partition), fault);
    }
  });

  it("documentation blocks in pulumi up, of which a preview only warns", async () => {
    for (const cidr of ["192.0.2.0/24", "198.51.100.64/26", "203.0.113.7/32"]) {
      const fault = await refusal({ publicAccessCidrs: ["8.8.8.0/24", cidr] });
      ok(fault.startsWith(`sockjs-sticky:publicAccessCidrs has ${cidr}`), fault);
    }
    const asItIs = { publicAccessCidrs: stackFile("prod")["sockjs-sticky:publicAccessCidrs"] };
    ok((await refusal(asItIs, "prod")).includes("203.0.113.0/24"));
  });
});

describe("config accepts values that only look wrong and", () => {
  it("accepts everything that the grammar of image references allows", async () => {
    const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
    for (const image of [
      "echo:1.0",
      `echo@${digest}`,
      `localhost:5000/a/b__c.d-e:v1@${digest}`,
      "[::1]:5000/echo:1",
      `${"a".repeat(255)}:1`,
    ]) {
      equal((await loaded({ image })).image.uri, image);
    }
  });

  it("accepts HAProxy 3.2 and later, and images whose tag has no version", async () => {
    const tags = [
      "3.2",
      "3.4.5-alpine3.24",
      "v3.2.1",
      "3",
      "3-alpine",
      "4.0",
      "10.1",
      "lts",
      "latest",
    ];
    for (const tag of tags) {
      const keyRouterImage = `haproxy:${tag}`;
      equal((await loaded({ keyRouterImage })).keyRouterImage, keyRouterImage);
    }
  });

  it("accepts a VPC in blocks shared by carriers, next to Docker's, and public", async () => {
    for (const vpcCidr of ["100.64.0.0/16", "172.16.0.0/16", "172.18.0.0/16", "8.8.0.0/16"]) {
      equal((await loaded({ vpcCidr })).network.cidr, vpcCidr);
    }
  });

  it("accepts role names with dots, and bucket names with single dots", async () => {
    const admins = ["arn:aws:iam::111122223333:role/a..b/...c/ops."];
    deepEqual((await loaded({ admins })).controlPlane.admins, admins);
    const logs = { accessLogsBucket: "our.logs-1", workloads: [{ app: "company" }] };
    equal((await loaded(logs)).listener.accessLogsBucket, "our.logs-1");
  });

  it("accepts regions of all partitions", async () => {
    for (const region of ["eu-west-3", "us-gov-west-1", "cn-northwest-1", "ap-southeast-4"]) {
      equal((await loaded({ "aws:region": region })).region, region);
    }
  });

  it("accepts origins with every kind of host that browsers support", async () => {
    const allowedOrigins = [
      ...["http://localhost:3000", "http://127.0.0.1:8080", "http://[2001:db8::1]:8080"],
      ...["https://xn--bcher-kva.example", "https://our_app.example", "https://a--b.example."],
    ];
    const { workloads } = await loaded({ workloads: [{ app: "echo", allowedOrigins }] });
    deepEqual(workloads[0]?.allowedOrigins, allowedOrigins);
  });

  it("accepts the longest DNS name", async () => {
    const dnsName = `${"a".repeat(63)}.${"b.".repeat(91)}example`;
    const changes = {
      workloads: [{ app: "echo", dnsName }],
      hostedZoneId: "Z0123",
      certificateArn: CERTIFICATE,
    };
    equal(dnsName.length, 253);
    equal((await loaded(changes)).workloads[0]?.dnsName, dnsName);
  });
});
