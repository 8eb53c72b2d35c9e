import { equal, ok, throws } from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { loadConfig } from "../config.ts";
import { mockPulumi } from "./support/mocks.ts";
import { configure, declarations } from "./support/stackConfig.ts";

const CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/a1b2";
const ROLE = "arn:aws:iam::111122223333:role/ops";
const SIZES = "allowed is one of 250, 500, 1000, 2000, 4000, 8000, 16000; for example 250 and 512";
const RETENTION =
  "allowed is one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653; for example 30";
const BLOCKS =
  "allowed is a list of IPv4 CIDR blocks, each by its first address; for example [198.51.100.0/24]";
const LOGS =
  "allowed is a list of api, audit, authenticator, controllerManager, scheduler; for example [api, audit]";
const ADMINS =
  "allowed is a list of ARNs of IAM roles and users; for example [arn:aws:iam::111122223333:role/ops]";
const ARN =
  "allowed is the ARN of an ACM certificate, or empty; for example arn:aws:acm:us-east-1:111122223333:certificate/a1b2";
const CHART =
  "allowed is the URL of a chart repository, the oci:// URL of a chart or the path of a folder; for example https://aws.github.io/eks-charts";
const STICKY_TLS =
  "AWS refuses stickiness on TLS target groups, with affinity source-ip allowed is tcp; set targetProtocol to tcp (the listener may still be TLS) or affinity to none";
const CROSS_ZONE =
  "a client that resolves to another zone's address would change its replica, with affinity source-ip allowed is true; set crossZone to true or affinity to none";
const DRAIN = "a Network Load Balancer goes on sending connections for two minutes";
const WEB_ACL = "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/ours/a1b2";

/** Settings that are wrong by themselves, and the fault that each is. */
const WRONG: [setting: string, value: unknown, fault: string][] = [
  [
    "image",
    "my image",
    'is "my image": allowed is an image by tag or digest, or empty; for example registry.example/echo:1.0',
  ],
  [
    "scheme",
    "public",
    'is "public": allowed is internet-facing or internal; for example internet-facing',
  ],
  ["sourceRanges", "10.0.0.0/8", `is "10.0.0.0/8": ${BLOCKS}`],
  ["sourceRanges", ["10.0.0.0/33"], `is ["10.0.0.0/33"]: ${BLOCKS}`],
  ["sourceRanges", ["10.0.0.1/8"], `is ["10.0.0.1/8"]: ${BLOCKS}`],
  ["sourceRanges", [], `is []: ${BLOCKS}`],
  ["certificateArn", ROLE, `is "${ROLE}": ${ARN}`],
  [
    "tlsPolicy",
    "ELBSecurityPolicy-2016-08",
    'is "ELBSecurityPolicy-2016-08": allowed is an ELB security policy with TLS 1.3; for example ELBSecurityPolicy-TLS13-1-2-2021-06',
  ],
  [
    "webAclArn",
    ROLE,
    `is "${ROLE}": allowed is the ARN of a regional WAF web ACL, or empty; for example arn:aws:wafv2:us-east-1:111122223333:regional/webacl/ours/a1b2`,
  ],
  [
    "hostedZoneId",
    "example.com",
    'is "example.com": allowed is the id of a Route 53 hosted zone, or empty; for example Z0123456789ABC',
  ],
  [
    "accessLogsBucket",
    "s3://logs",
    'is "s3://logs": allowed is the name of an S3 bucket, or empty; for example echo-logs',
  ],
  ["vpcCidr", "10.0.0.0", 'is "10.0.0.0": allowed is an IPv4 CIDR block; for example 10.0.0.0/16'],
  ["zones", 1, 'is "1": allowed is a whole number from 2 to 4; for example 2'],
  ["zones", 5, 'is "5": allowed is a whole number from 2 to 4; for example 2'],
  ["natGateways", "none", 'is "none": allowed is single or per-zone; for example single'],
  ["kubernetesVersion", "1.34", 'is "1.34": allowed is 1.36 or 1.35; for example 1.36'],
  ["kubernetesVersion", "1.37", 'is "1.37": allowed is 1.36 or 1.35; for example 1.36'],
  ["admins", ["ada"], `is ["ada"]: ${ADMINS}`],
  ["admins", ROLE, `is "${ROLE}": ${ADMINS}`],
  ["publicAccessCidrs", ["::/0"], `is ["::/0"]: ${BLOCKS}`],
  ["publicAccessCidrs", [], `is []: ${BLOCKS}`],
  ["secretsEncryption", "1", 'is "1": allowed is true or false; for example true'],
  ["controlPlaneLogs", ["all"], `is ["all"]: ${LOGS}`],
  ["logRetentionDays", 8, `is "8": ${RETENTION}`],
  ["logRetentionDays", 4000, `is "4000": ${RETENTION}`],
  ["deletionProtection", "on", 'is "on": allowed is true or false; for example true'],
  ["immutableTags", "", 'is "": allowed is true or false; for example true'],
  ["controllerChart", "eks-charts", `is "eks-charts": ${CHART}`],
  ["controllerChart", "http://charts.example", `is "http://charts.example": ${CHART}`],
  ["controllerChartVersion", "v3", 'is "v3": allowed is a version; for example 3.5.0'],
  [
    "keyRouterImage",
    "",
    'is "": allowed is an HAProxy image by tag or digest; for example haproxy:3.4-alpine',
  ],
  [
    "postgresVersion",
    "latest",
    'is "latest": allowed is a version of PostgreSQL on RDS; for example 18',
  ],
  [
    "databaseInstanceClass",
    "t4g.micro",
    'is "t4g.micro": allowed is an RDS instance class; for example db.t4g.micro',
  ],
  ["databaseStorageGiB", 19, 'is "19": allowed is a whole number from 20 to 16384; for example 20'],
  ["databaseMultiAz", "yes", 'is "yes": allowed is true or false; for example true'],
  ["databaseBackupDays", 36, 'is "36": allowed is a whole number from 0 to 35; for example 7'],
  ["databaseFinalSnapshot", 1, 'is "1": allowed is true or false; for example true'],
  ["workloads", undefined, "is not set: allowed is a list of workloads; for example [{app: echo}]"],
  ["workloads", [], "is []: allowed is a list of workloads; for example [{app: echo}]"],
  ["workloads", "echo", 'is "echo": allowed is a list of workloads; for example [{app: echo}]'],
  ["workloads", ["echo"], "[0].app is not set: allowed is echo or company; for example app: echo"],
  [
    "workloads",
    [{ app: "chat" }],
    '[0].app is "chat": allowed is echo or company; for example app: echo',
  ],
  [
    "workloads",
    [{ app: "echo" }, { app: "company" }, { app: "echo" }],
    ' has two of app "echo": allowed is each once; remove or change the second',
  ],
  [
    "workloads",
    [{ app: "company", crossZone: true }],
    "[0].crossZone is not a setting of company: allowed are app, affinity, replicas, maxReplicas, drainSeconds, cpuMillicores, memoryMiB, dnsName",
  ],
];

/** Settings of a workload that are wrong by themselves. */
const WRONG_IN_WORKLOAD: [workload: Record<string, unknown>, fault: string][] = [
  [{ replicas: 0 }, "replicas is 0: allowed is a whole number from 1 to 100; for example 3"],
  [{ replicas: 101 }, "replicas is 101: allowed is a whole number from 1 to 100; for example 3"],
  [{ replicas: 2.5 }, "replicas is 2.5: allowed is a whole number from 1 to 100; for example 3"],
  [
    { replicas: "three" },
    'replicas is "three": allowed is a whole number from 1 to 100; for example 3',
  ],
  [
    { affinity: "cookie" },
    'affinity is "cookie": allowed is source-ip or none; for example source-ip',
  ],
  [
    { app: "company", affinity: "source-ip" },
    'affinity is "source-ip": allowed is cookie or key; for example cookie',
  ],
  [
    { drainSeconds: 3601 },
    "drainSeconds is 3601: allowed is a whole number from 0 to 3600; for example 150",
  ],
  [
    { maxReplicas: 201 },
    "maxReplicas is 201: allowed is a whole number from 2 to 200; for example 10",
  ],
  [
    { cpuMillicores: 0 },
    "cpuMillicores is 0: allowed is a whole number from 1 to 16000; for example 250",
  ],
  [
    { memoryMiB: -1 },
    "memoryMiB is -1: allowed is a whole number from 1 to 122880; for example 512",
  ],
  [{ crossZone: "yes" }, 'crossZone is "yes": allowed is true or false; for example true'],
  [
    { idleTimeoutSeconds: 59 },
    "idleTimeoutSeconds is 59: allowed is a whole number from 60 to 6000; for example 350",
  ],
  [
    { idleTimeoutSeconds: 6001 },
    "idleTimeoutSeconds is 6001: allowed is a whole number from 60 to 6000; for example 350",
  ],
  [{ targetProtocol: "udp" }, 'targetProtocol is "udp": allowed is tcp or tls; for example tcp'],
  [
    { dnsName: "https://echo.example.com" },
    'dnsName is "https://echo.example.com": allowed is a DNS name; for example echo.example.com',
  ],
  [
    { dnsName: "*.example.com" },
    'dnsName is "*.example.com": allowed is a DNS name; for example echo.example.com',
  ],
  [
    { drainSeconds: 149 },
    `drainSeconds is 149: ${DRAIN}, with affinity source-ip allowed is 150 to 3600; for example 150`,
  ],
  [
    { affinity: "none", drainSeconds: 149 },
    `drainSeconds is 149: ${DRAIN}, with affinity none allowed is 150 to 3600; for example 150`,
  ],
  [
    { app: "company", affinity: "cookie", drainSeconds: 59 },
    "drainSeconds is 59: an Application Load Balancer goes on sending requests for up to a minute, with affinity cookie allowed is 60 to 3600; for example 60",
  ],
  [
    { app: "company", affinity: "key", drainSeconds: 9 },
    "drainSeconds is 9: the key router goes on sending requests for some seconds, with affinity key allowed is 10 to 3600; for example 10",
  ],
  [
    { replicas: 3, maxReplicas: 2 },
    "maxReplicas is 2: allowed is more than 3 (replicas), or none for no autoscaler; for example 6",
  ],
  [
    { replicas: 4, maxReplicas: 4 },
    "maxReplicas is 4: allowed is more than 4 (replicas), or none for no autoscaler; for example 8",
  ],
  [
    { cpuMillicores: 300 },
    `cpuMillicores is 300 and memoryMiB is 512: Fargate has no such size, ${SIZES}`,
  ],
  [
    { memoryMiB: 768 },
    "cpuMillicores is 250 and memoryMiB is 768: Fargate has no such size, with 250 millicores allowed is one of 512, 1024, 2048 MiB; for example 250 and 512",
  ],
  [{ crossZone: false }, `crossZone is false: ${CROSS_ZONE}`],
  [
    { targetProtocol: "tls", affinity: "none" },
    'targetProtocol is "tls": only a TLS listener has TLS targets, without certificateArn allowed is tcp; set certificateArn, too, or targetProtocol to tcp',
  ],
  [
    { dnsName: "echo.example.com" },
    'dnsName is "echo.example.com": it needs hostedZoneId, the Route 53 hosted zone that the name is in; set hostedZoneId, or leave dnsName out',
  ],
];

/** Settings that are right by themselves, and wrong together. */
const WRONG_TOGETHER: [changes: Record<string, unknown>, fault: string][] = [
  [
    { vpcCidr: "10.0.0.0/30" },
    'vpcCidr is "10.0.0.0/30": it has 4 addresses for up to 4 zones, allowed is /16 to /22; for example 10.0.0.0/16',
  ],
  [
    { vpcCidr: "10.0.1.0/16" },
    'vpcCidr is "10.0.1.0/16": allowed is the first address of the block; for example 10.0.0.0/16',
  ],
  [
    { workloads: [{ app: "echo", targetProtocol: "tls" }], certificateArn: CERTIFICATE },
    `workloads[0].targetProtocol is "tls": ${STICKY_TLS}`,
  ],
  [
    { workloads: [{ app: "echo", idleTimeoutSeconds: 600 }], certificateArn: CERTIFICATE },
    "workloads[0].idleTimeoutSeconds is 600: AWS fixes it for TLS listeners, with certificateArn allowed is 350; leave idleTimeoutSeconds out",
  ],
  [
    {
      hostedZoneId: "Z0123",
      workloads: [
        { app: "echo", dnsName: "a.example" },
        { app: "company", dnsName: "a.example" },
      ],
    },
    'workloads has two of dnsName "a.example": allowed is each once; remove or change the second',
  ],
  [
    { webAclArn: WEB_ACL, workloads: [{ app: "echo" }, { app: "company", affinity: "key" }] },
    `webAclArn is "${WEB_ACL}": a web ACL is for Application Load Balancers, allowed is one where a workload has affinity cookie; leave webAclArn out`,
  ],
  [
    { certificateArn: CERTIFICATE, "aws:region": "eu-west-3" },
    `certificateArn is "${CERTIFICATE}": it is in us-east-1, allowed is one in eu-west-3 (aws:region)`,
  ],
  [
    { webAclArn: WEB_ACL, workloads: [{ app: "company" }], "aws:region": "eu-west-3" },
    `webAclArn is "${WEB_ACL}": it is in us-east-1, allowed is one in eu-west-3 (aws:region)`,
  ],
  [
    { accessLogsBucket: "echo-logs" },
    'accessLogsBucket is "echo-logs": of a Network Load Balancer AWS writes access logs of TLS listeners only; set certificateArn, too, or leave accessLogsBucket out',
  ],
  [
    { hostedZoneId: "Z0123" },
    'hostedZoneId is "Z0123": no workload has a dnsName; set the dnsName of a workload, or leave hostedZoneId out',
  ],
  [
    { deletionProtection: true },
    'publicAccessCidrs is ["0.0.0.0/0"]: with deletionProtection allowed are named blocks only, of /8 to /32; for example [198.51.100.0/24]',
  ],
  [
    { deletionProtection: true, publicAccessCidrs: ["198.51.100.0/24", "128.0.0.0/7"] },
    'publicAccessCidrs is ["198.51.100.0/24","128.0.0.0/7"]: with deletionProtection allowed are named blocks only, of /8 to /32; for example [198.51.100.0/24]',
  ],
  [
    { publicAccessCidrs: ["198.51.100.0/24", "10.1.0.0/16"] },
    'publicAccessCidrs is ["198.51.100.0/24","10.1.0.0/16"]: nobody comes from a private network, allowed are public blocks; for example [198.51.100.0/24]',
  ],
  [
    { admins: [ROLE, ROLE] },
    `admins is ["${ROLE}","${ROLE}"]: allowed is each ARN once; remove the second`,
  ],
  [
    { controllerChart: "./no/chart" },
    'controllerChart is "./no/chart": there is no Chart.yaml in it, allowed is a folder with the chart; for example ./charts/aws-load-balancer-controller',
  ],
];

/** The message with which the stack is refused, which Pulumi prints without a stack trace. */
async function refusal(changes: Record<string, unknown>, stack = "new"): Promise<string> {
  await mockPulumi({ stack });
  configure(stack, changes);
  let message = "";
  throws(loadConfig, (error) => {
    ok(pulumi.RunError.isInstance(error));
    ({ message } = error);
    return true;
  });
  return message;
}

describe("config refuses", () => {
  for (const [setting, value, fault] of WRONG) {
    it(`${setting} ${value === undefined ? "left out" : JSON.stringify(value)}`, async () => {
      const space = /^[ [].*/.test(fault) ? "" : " ";
      equal(await refusal({ [setting]: value }), `sockjs-sticky:${setting}${space}${fault}`);
    });
  }

  for (const [workload, fault] of WRONG_IN_WORKLOAD) {
    it(`a workload with ${JSON.stringify(workload)}`, async () => {
      const workloads = [{ app: "echo", ...workload }];
      equal(await refusal({ workloads }), `sockjs-sticky:workloads[0].${fault}`);
    });
  }

  for (const [changes, fault] of WRONG_TOGETHER) {
    it(JSON.stringify(changes), async () => {
      equal(await refusal(changes), `sockjs-sticky:${fault}`);
    });
  }

  it("what is not a setting, and names those that are", async () => {
    const allowed = (await refusal({ replica: 3 })).replace(/^.*allowed are /, "").split(", ");
    equal(
      await refusal({ replica: 3 }),
      `sockjs-sticky:replica is not a setting: allowed are ${allowed.join(", ")}`,
    );
    equal(allowed.toSorted().join(), Object.keys(declarations()).toSorted().join());
  });

  it("a missing region, and what is no region", async () => {
    const allowed = "allowed is an AWS region; for example us-east-1";
    equal(await refusal({ "aws:region": undefined }), `aws:region is not set: ${allowed}`);
    equal(await refusal({ "aws:region": "useast1" }), `aws:region is "useast1": ${allowed}`);
  });

  it("what else the provider could be told, for the program would ignore it", async () => {
    equal(
      await refusal({ "aws:profile": "ops" }),
      "aws:profile is set: allowed is aws:region only; use the environment of the AWS SDK, for example AWS_PROFILE",
    );
  });

  it("stack names that are no part of AWS's and Kubernetes' names", async () => {
    for (const stack of ["Prod", "my_stack", "v1.2", "a--b", "a-"]) {
      equal(
        await refusal({}, stack),
        `the stack's name is "${stack}": allowed are lower-case letters, digits and single hyphens between them; for example dev`,
      );
    }
  });

  it("a stack name that is too long for the names made from it", async () => {
    const stack = "s".repeat(30);
    equal(
      await refusal({}, stack),
      `the stack's name is "${stack}": sockjs-sticky-${stack} has 44 characters, allowed are 43; choose a shorter one`,
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

  it("what is wrong together although something else is wrong by itself", async () => {
    const workloads = [{ app: "company" }, { app: "echo", crossZone: false, replicas: 0 }];
    const faults = (await refusal({ zones: 1, workloads })).split("\n");
    equal(faults.length, 3);
    ok(faults[2]?.startsWith("sockjs-sticky:workloads[1].crossZone is false: "));
  });

  it("nothing together of which a part is wrong by itself", async () => {
    equal(
      await refusal({ workloads: [{ app: "echo", replicas: "many", maxReplicas: 2 }] }),
      'sockjs-sticky:workloads[0].replicas is "many": allowed is a whole number from 1 to 100; for example 3',
    );
  });

  it("a list that is cut off, as the text that it is", async () => {
    equal(
      await refusal({ admins: `["${ROLE}"` }),
      `sockjs-sticky:admins is "[\\"${ROLE}\\"": ${ADMINS}`,
    );
  });

  it("all combinations at once", async () => {
    const echo = { app: "echo", drainSeconds: 0, crossZone: false, dnsName: "a.example" };
    const company = { app: "company", memoryMiB: 1, maxReplicas: 2 };
    const faults = (await refusal({ workloads: [echo, company], vpcCidr: "10.0.0.0/8" })).split(
      "\n",
    );
    equal(faults.length, 6);
  });
});
