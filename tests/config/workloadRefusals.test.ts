import { equal, ok } from "node:assert/strict";
import { refusal } from "./refusal.ts";

const CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/a1b2";
const SIZES = "allowed is one of 250, 500, 1000, 2000, 4000, 8000, 16000; for example 250 and 512";
const STICKY_TLS =
  "AWS refuses stickiness on TLS target groups, with affinity source-ip allowed is tcp; set targetProtocol to tcp (the listener may still be TLS) or affinity to none";
const CROSS_ZONE =
  "a client that resolves to another zone's address would change its replica, with affinity source-ip allowed is true; set crossZone to true or affinity to none";
const OTHER_SITE =
  "from a page of another site browsers send cookies under TLS only, with affinity cookie and without certificateArn allowed are pages of the workload's own site; set certificateArn, or affinity to key";
const DRAIN = "a Network Load Balancer goes on sending connections for two minutes";

/** Lists that are wrong. */
const WRONG_LISTS: [list: unknown, fault: string][] = [
  [undefined, " is not set: allowed is a list of workloads; for example [{app: echo}]"],
  [[], " is []: allowed is a list of workloads; for example [{app: echo}]"],
  ["echo", ' is "echo": allowed is a list of workloads; for example [{app: echo}]'],
  [["echo"], "[0].app is not set: allowed is echo, company, document; for example app: echo"],
  [
    [{ app: "chat" }],
    '[0].app is "chat": allowed is echo, company, document; for example app: echo',
  ],
  [
    [{ app: "echo" }, { app: "company" }, { app: "echo" }],
    ' has two of app "echo": allowed is each once; remove or change the second',
  ],
  [
    [{ app: "company", crossZone: true }],
    "[0].crossZone is not a setting of company: allowed are app, affinity, replicas, maxReplicas, drainSeconds, cpuMillicores, memoryMiB, dnsName, allowedOrigins, maxCreationsPerSecond",
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
  ...["https://a.example/", "a.example", "*", "null", "HTTPS://a.example"].map(
    (origin): (typeof WRONG_IN_WORKLOAD)[number] => [
      { allowedOrigins: ["https://b.example", origin] },
      `allowedOrigins is ["https://b.example","${origin}"]: allowed is a list of origins, each https:// or http:// with a host, in lower case; for example https://app.example.com,https://other.example.com`,
    ],
  ),
  ...["https://*.example", "https://a..example", "https://a;b.example", "https://-.example"].map(
    (origin): (typeof WRONG_IN_WORKLOAD)[number] => [
      { allowedOrigins: [origin] },
      `allowedOrigins is ["${origin}"]: allowed is a list of origins, each https:// or http:// with a host, in lower case; for example https://app.example.com,https://other.example.com`,
    ],
  ),
  ...[`${"a".repeat(64)}.example`, `${"a.".repeat(124)}example`].map(
    (dnsName): (typeof WRONG_IN_WORKLOAD)[number] => [
      { dnsName },
      `dnsName is "${dnsName.slice(0, 199)}${dnsName.length > 198 ? "…" : '"'}: allowed is a DNS name; for example echo.example.com`,
    ],
  ),
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
  ...[["https://app.example.com"], ["http://a.example", "http://b.example"]].map(
    (allowedOrigins): (typeof WRONG_IN_WORKLOAD)[number] => [
      { app: "company", affinity: "cookie", allowedOrigins },
      `allowedOrigins is ${JSON.stringify(allowedOrigins)}: ${OTHER_SITE}`,
    ],
  ),
  [
    { dnsName: "echo.example.com" },
    'dnsName is "echo.example.com": it needs hostedZoneId, the Route 53 hosted zone that the name is in; set hostedZoneId, or leave dnsName out',
  ],
];

/** Workloads that are wrong together, or with another setting. */
const WRONG_TOGETHER: [changes: Record<string, unknown>, fault: string][] = [
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
];

describe("config takes pages of other sites", () => {
  const refused = async (changes: object, workload: object): Promise<boolean> => {
    const workloads = [{ app: "document", affinity: "cookie", ...workload }];
    const message = await refusal({ workloads, ...changes }).catch(() => "");
    return message.startsWith("sockjs-sticky:workloads[0].allowedOrigins is ");
  };

  it("by cookie where browsers send it, and by key anywhere", async () => {
    const zone = { hostedZoneId: "Z0123" };
    const own = { dnsName: "doc.example.co.uk" };
    for (const [changes, workload, isRefused] of [
      [{}, { allowedOrigins: ["https://app.test"] }, true],
      [{}, { allowedOrigins: ["https://app.test"], affinity: "key" }, false],
      [{ certificateArn: CERTIFICATE }, { allowedOrigins: ["https://app.test"] }, false],
      [zone, { ...own, allowedOrigins: ["http://app.example.co.uk"] }, false],
      [zone, { ...own, allowedOrigins: ["https://app.example.co.uk"] }, true],
      [zone, { ...own, allowedOrigins: ["http://other.co.uk"] }, true],
      [zone, { ...own, allowedOrigins: ["http://app.example.co.uk", "http://127.0.0.1"] }, true],
      [{}, { allowedOrigins: [] }, false],
    ] as const) {
      const what = JSON.stringify([changes, workload]);
      equal(await refused(changes, workload), isRefused, what);
    }
  });
});

describe("config refuses workloads", () => {
  for (const [workloads, fault] of WRONG_LISTS) {
    it(`that are ${workloads === undefined ? "left out" : JSON.stringify(workloads)}`, async () => {
      equal(await refusal({ workloads }), `sockjs-sticky:workloads${fault}`);
    });
  }

  for (const [workload, fault] of WRONG_IN_WORKLOAD) {
    it(`with ${JSON.stringify(workload)}`, async () => {
      const workloads = [{ app: "echo", ...workload }];
      equal(await refusal({ workloads }), `sockjs-sticky:workloads[0].${fault}`);
    });
  }

  for (const [changes, fault] of WRONG_TOGETHER) {
    it(`together: ${JSON.stringify(changes)}`, async () => {
      equal(await refusal(changes), `sockjs-sticky:${fault}`);
    });
  }

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

  it("all combinations at once", async () => {
    const echo = { app: "echo", drainSeconds: 0, crossZone: false, dnsName: "a.example" };
    const company = { app: "company", memoryMiB: 1, maxReplicas: 2 };
    const faults = (await refusal({ workloads: [echo, company], vpcCidr: "10.0.0.0/8" })).split(
      "\n",
    );
    equal(faults.length, 6);
  });
});
