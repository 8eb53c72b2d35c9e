import { deepEqual, equal, ok } from "node:assert/strict";
import { NETWORK as EXISTING } from "../mocks/existing.ts";
import { refusal } from "./refusal.ts";
import { declarations } from "../mocks/stackConfig.ts";

const CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/a1b2";
const ROLE = "arn:aws:iam::111122223333:role/ops";
const PRIVATE_BLOCKS =
  "it must be a list of at most 30 IPv4 CIDR blocks, each by its first address (for example [10.8.0.0/16])";
const NETWORK =
  "it must be {vpcId, publicSubnetIds, privateSubnetIds}, each list with two or more different subnets, or omitted (for example {vpcId: vpc-0a1b2c3d, publicSubnetIds: [subnet-0a1b2c3d, subnet-1a2b3c4d], privateSubnetIds: [subnet-2a3b4c5d, subnet-3a4b5c6d]})";
const RETENTION =
  "it must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653 (for example 30)";
const BLOCKS =
  "it must be a list of up to 30 IPv4 CIDR blocks, each by its first address (for example [198.51.100.0/24])";
const LOGS =
  "it must be a list of api, audit, authenticator, controllerManager, scheduler (for example [api, audit])";
const ADMINS =
  "it must be a list of ARNs of IAM roles and users (for example [arn:aws:iam::111122223333:role/ops])";
const ARN =
  "it must be the ARN of an ACM certificate, or empty (for example arn:aws:acm:us-east-1:111122223333:certificate/a1b2)";
const CHART =
  "it must be the URL of a chart repository, the oci:// URL of a chart or the path of a folder (for example https://aws.github.io/eks-charts)";
const WEB_ACL = "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/ours/a1b2";

/** Settings that are wrong by themselves, and the fault that each is. */
const WRONG: [setting: string, value: unknown, fault: string][] = [
  [
    "image",
    "my image",
    'is "my image"; it must be an image by tag or digest, or empty (for example registry.example/echo:1.0)',
  ],
  [
    "scheme",
    "public",
    'is "public"; it must be internet-facing or internal (for example internet-facing)',
  ],
  ["sourceRanges", "10.0.0.0/8", `is "10.0.0.0/8"; ${BLOCKS}`],
  ["sourceRanges", ["10.0.0.0/33"], `is ["10.0.0.0/33"]; ${BLOCKS}`],
  ["sourceRanges", ["10.0.0.1/8"], `is ["10.0.0.1/8"]; ${BLOCKS}`],
  ["sourceRanges", [], `is []; ${BLOCKS}`],
  ["certificateArn", ROLE, `is "${ROLE}"; ${ARN}`],
  [
    "tlsPolicy",
    "ELBSecurityPolicy-2016-08",
    'is "ELBSecurityPolicy-2016-08"; it must be an ELB security policy with TLS 1.3 (for example ELBSecurityPolicy-TLS13-1-2-2021-06)',
  ],
  [
    "webAclArn",
    ROLE,
    `is "${ROLE}"; it must be the ARN of a regional WAF web ACL, or empty (for example arn:aws:wafv2:us-east-1:111122223333:regional/webacl/ours/a1b2)`,
  ],
  [
    "hostedZoneId",
    "example.com",
    'is "example.com"; it must be the id of a Route 53 hosted zone, or empty (for example Z0123456789ABC)',
  ],
  [
    "accessLogsBucket",
    "s3://logs",
    'is "s3://logs"; it must be the name of an S3 bucket, or empty (for example echo-logs)',
  ],
  ["vpcCidr", "10.0.0.0", 'is "10.0.0.0"; it must be an IPv4 CIDR block (for example 10.0.0.0/16)'],
  ["zones", 1, 'is "1"; it must be a whole number from 2 to 4 (for example 2)'],
  ["zones", 5, 'is "5"; it must be a whole number from 2 to 4 (for example 2)'],
  ["network", "vpc-0a1b2c3d", `is "vpc-0a1b2c3d"; ${NETWORK}`],
  ["network", { vpcId: "vpc-0a1b2c3d" }, `is {"vpcId":"vpc-0a1b2c3d"}; ${NETWORK}`],
  ["endpointPublicAccess", "no", 'is "no"; it must be true or false (for example true)'],
  ["privateAccessCidrs", ["10.8.0.1/16"], `is ["10.8.0.1/16"]; ${PRIVATE_BLOCKS}`],
  ["natGateways", "none", 'is "none"; it must be single or per-zone (for example single)'],
  ["kubernetesVersion", "1.34", 'is "1.34"; it must be 1.36 or 1.35 (for example 1.36)'],
  ["kubernetesVersion", "1.37", 'is "1.37"; it must be 1.36 or 1.35 (for example 1.36)'],
  ["admins", ["ada"], `is ["ada"]; ${ADMINS}`],
  ["admins", ROLE, `is "${ROLE}"; ${ADMINS}`],
  ["publicAccessCidrs", ["::/0"], `is ["::/0"]; ${BLOCKS}`],
  ["publicAccessCidrs", [], `is []; ${BLOCKS}`],
  ["secretsEncryption", "1", 'is "1"; it must be true or false (for example true)'],
  ["controlPlaneLogs", ["all"], `is ["all"]; ${LOGS}`],
  ["logRetentionDays", 8, `is "8"; ${RETENTION}`],
  ["logRetentionDays", 4000, `is "4000"; ${RETENTION}`],
  ["deletionProtection", "on", 'is "on"; it must be true or false (for example true)'],
  ["immutableTags", "", 'is ""; it must be true or false (for example true)'],
  ["controllerChart", "eks-charts", `is "eks-charts"; ${CHART}`],
  ["controllerChart", "http://charts.example", `is "http://charts.example"; ${CHART}`],
  ["controllerChartVersion", "v3", 'is "v3"; it must be a version (for example 3.5.0)'],
  [
    "keyRouterImage",
    "",
    'is ""; it must be an image by tag or digest of HAProxy 3.2 or later (for example haproxy:3.4-alpine)',
  ],
  [
    "postgresVersion",
    "latest",
    'is "latest"; it must be a version of PostgreSQL from 14 to 18 (for example 18)',
  ],
  [
    "databaseInstanceClass",
    "t4g.micro",
    'is "t4g.micro"; it must be an RDS instance class (for example db.t4g.micro)',
  ],
  [
    "databaseStorageGiB",
    19,
    'is "19"; it must be a whole number from 20 to 16384 (for example 20)',
  ],
  ["databaseMultiAz", "yes", 'is "yes"; it must be true or false (for example true)'],
  ["databaseBackupDays", 36, 'is "36"; it must be a whole number from 0 to 35 (for example 7)'],
  ["databaseFinalSnapshot", 1, 'is "1"; it must be true or false (for example true)'],
];

/** Settings that are right by themselves, and wrong together. */
const WRONG_TOGETHER: [changes: Record<string, unknown>, fault: string][] = [
  [
    { vpcCidr: "10.0.0.0/30" },
    'vpcCidr is "10.0.0.0/30"; it must be a /16 to /22, which has room for 4 zones (for example 10.0.0.0/16)',
  ],
  [
    { vpcCidr: "10.0.1.0/16" },
    'vpcCidr is "10.0.1.0/16"; it must be the first address of its block (for example 10.0.0.0/16)',
  ],
  [
    { webAclArn: WEB_ACL, workloads: [{ app: "echo" }, { app: "company", affinity: "key" }] },
    `webAclArn is "${WEB_ACL}"; it must be empty unless a workload has affinity cookie, because web ACLs protect only Application Load Balancers; remove webAclArn`,
  ],
  [
    { certificateArn: CERTIFICATE, "aws:region": "eu-west-3" },
    `certificateArn is "${CERTIFICATE}"; it must be in eu-west-3 (aws:region)`,
  ],
  [
    { webAclArn: WEB_ACL, workloads: [{ app: "company" }], "aws:region": "eu-west-3" },
    `webAclArn is "${WEB_ACL}"; it must be in eu-west-3 (aws:region)`,
  ],
  [
    { accessLogsBucket: "echo-logs" },
    'accessLogsBucket is "echo-logs"; it must be empty without TLS, because a Network Load Balancer logs only TLS connections; set the dnsName of a workload and hostedZoneId, or certificateArn, or remove accessLogsBucket',
  ],
  [
    { hostedZoneId: "Z0123" },
    'hostedZoneId is "Z0123"; it must be empty unless a workload has a dnsName; set the dnsName of a workload, or remove hostedZoneId',
  ],
  [
    { deletionProtection: true },
    'publicAccessCidrs is ["0.0.0.0/0"]; it must be specific blocks, of /8 to /32, with deletionProtection (for example [198.51.100.0/24])',
  ],
  [
    { deletionProtection: true, publicAccessCidrs: ["8.8.8.0/24", "128.0.0.0/7"] },
    'publicAccessCidrs is ["8.8.8.0/24","128.0.0.0/7"]; it must be specific blocks, of /8 to /32, with deletionProtection (for example [198.51.100.0/24])',
  ],
  [
    { publicAccessCidrs: ["8.8.8.0/24", "10.1.0.0/16"] },
    'publicAccessCidrs is ["8.8.8.0/24","10.1.0.0/16"]; it must be public blocks, because the public endpoint never sees private addresses (for example [198.51.100.0/24])',
  ],
  [
    { endpointPublicAccess: false, privateAccessCidrs: ["10.8.0.0/16"] },
    "endpointPublicAccess is false; it must be true unless network is set, because Pulumi must reach the Kubernetes API from inside the VPC; set network, or restrict publicAccessCidrs",
  ],
  [
    { network: { ...EXISTING, privateSubnetIds: EXISTING.publicSubnetIds } },
    'network.privateSubnetIds is ["subnet-00000001","subnet-00000002"]; it must be other subnets than publicSubnetIds, because Fargate runs no pods in public subnets',
  ],
  [
    { endpointPublicAccess: false, network: EXISTING },
    "privateAccessCidrs is []; it must be at least one block from which Pulumi and kubectl reach the cluster, if endpointPublicAccess is false (for example [10.8.0.0/16])",
  ],
  [
    { privateAccessCidrs: ["10.8.0.0/16", "127.0.0.0/8"] },
    "privateAccessCidrs has 127.0.0.0/8, from which no connection comes; it must be blocks of clients only (for example [10.8.0.0/16])",
  ],
  [
    { admins: [ROLE, ROLE] },
    `admins is ["${ROLE}","${ROLE}"]; it must be a list with each ARN once; remove the second`,
  ],
  [
    { controllerChart: "./no/chart" },
    'controllerChart is "./no/chart"; it must be a folder with a Chart.yaml (for example ./charts/aws-load-balancer-controller)',
  ],
];

describe("config rejects", () => {
  for (const [setting, value, fault] of WRONG) {
    it(`${setting} ${value === undefined ? "missing" : JSON.stringify(value)}`, async () => {
      equal(await refusal({ [setting]: value }), `sockjs-sticky:${setting} ${fault}`);
    });
  }

  for (const [changes, fault] of WRONG_TOGETHER) {
    it(JSON.stringify(changes), async () => {
      equal(await refusal(changes), `sockjs-sticky:${fault}`);
    });
  }

  it("unknown settings, and lists the known ones", async () => {
    const [, names = ""] =
      /^sockjs-sticky:replica is not a setting; it must be one of (.*)$/.exec(
        await refusal({ replica: 3 }),
      ) ?? [];
    deepEqual(names.split(", ").toSorted(), Object.keys(declarations()).toSorted());
  });

  it("a missing or malformed region", async () => {
    const allowed = "it must be an AWS region (for example us-east-1)";
    equal(await refusal({ "aws:region": undefined }), `aws:region is not set; ${allowed}`);
    equal(await refusal({ "aws:region": "useast1" }), `aws:region is "useast1"; ${allowed}`);
  });

  it("other settings of the provider, which the program would ignore", async () => {
    equal(
      await refusal({ "aws:profile": "ops" }),
      "aws:profile is set; it must be removed, because the program sets aws:region only; use the environment of the AWS SDK, such as AWS_PROFILE",
    );
  });

  it("stack names that cannot be part of names in AWS and Kubernetes", async () => {
    for (const stack of ["Prod", "my_stack", "v1.2", "a--b", "a-"]) {
      equal(
        await refusal({}, stack),
        `the stack's name is "${stack}"; it must be lower-case letters, digits and single hyphens between them (for example dev)`,
      );
    }
  });

  it("a stack name that is too long for the names made from it", async () => {
    const stack = "s".repeat(30);
    equal(
      await refusal({}, stack),
      `the stack's name is "${stack}"; it must be at most 29 characters long (for example dev)`,
    );
  });

  it("all faults at once", async () => {
    const changes = { zones: 1, nodes: 3, natGateways: "none", "aws:region": "" };
    const faults = (await refusal(changes, "Bad")).split("\n");
    equal(faults.length, 5);
    const starts = ["sockjs-sticky:nodes", "the stack's name", "aws:region", "sockjs-sticky:zones"];
    for (const [index, start] of [...starts, "sockjs-sticky:natGateways"].entries()) {
      ok(faults[index]?.startsWith(start), faults[index]);
    }
  });

  it("a truncated list as text", async () => {
    equal(
      await refusal({ admins: `["${ROLE}"` }),
      `sockjs-sticky:admins is "[\\"${ROLE}\\""; ${ADMINS}`,
    );
  });
});
