import { equal, ok } from "node:assert/strict";
import { refusal } from "./refusal.ts";

const CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/a1b2";
const SIZES =
  "it must be a size of Fargate: 250, 500, 1000, 2000, 4000, 8000, 16000 (for example 250)";
const CROSS_ZONE =
  "it must be true with affinity source-ip, because a client that resolves to another zone's address would change its replica; set crossZone to true, or affinity to none";
const OTHER_SITE =
  "it must be empty with affinity cookie and without TLS, because browsers send cookies to another site only over TLS; set dnsName and hostedZoneId, or certificateArn, or affinity to key";
const DRAIN = "because a Network Load Balancer keeps sending connections for two minutes";

/** Lists that are wrong. */
const WRONG_LISTS: [list: unknown, fault: string][] = [
  [undefined, " is not set; it must be a list of workloads (for example [{app: echo}])"],
  [[], " is []; it must be a list of workloads (for example [{app: echo}])"],
  ["echo", ' is "echo"; it must be a list of workloads (for example [{app: echo}])'],
  [
    [{}],
    "[0].app is not set; it must be echo or company or document, or else image or build must be set (for example app: echo)",
  ],
  [
    [{ app: "chat" }],
    '[0].app is "chat"; it must be echo or company or document (for example app: echo)',
  ],
  [
    [{ app: "echo" }, { app: "company" }, { app: "echo" }],
    ' lists name "echo" twice; it must be a list with each name once; give the second another name',
  ],
  [
    [{ app: "company", crossZone: true }],
    "[0].crossZone is true; it must be removed, because it has an effect only with affinity source-ip or none",
  ],
];

/** Settings of a workload that are wrong by themselves. */
const WRONG_IN_WORKLOAD: [workload: Record<string, unknown>, fault: string][] = [
  [{ replicas: 0 }, "replicas is 0; it must be a whole number from 1 to 100 (for example 3)"],
  [{ replicas: 101 }, "replicas is 101; it must be a whole number from 1 to 100 (for example 3)"],
  [{ replicas: 2.5 }, "replicas is 2.5; it must be a whole number from 1 to 100 (for example 3)"],
  [
    { replicas: "three" },
    'replicas is "three"; it must be a whole number from 1 to 100 (for example 3)',
  ],
  [
    { affinity: "cookie" },
    'affinity is "cookie"; it must be source-ip or none (for example source-ip)',
  ],
  [
    { app: "company", affinity: "source-ip" },
    'affinity is "source-ip"; it must be cookie or key (for example cookie)',
  ],
  [
    { drainSeconds: 3601 },
    "drainSeconds is 3601; it must be a whole number from 0 to 3600 (for example 150)",
  ],
  [
    { maxReplicas: 201 },
    "maxReplicas is 201; it must be a whole number from 2 to 200 (for example 10)",
  ],
  [
    { cpuMillicores: 0 },
    "cpuMillicores is 0; it must be a whole number from 1 to 16000 (for example 250)",
  ],
  [
    { memoryMiB: -1 },
    "memoryMiB is -1; it must be a whole number from 1 to 122880 (for example 512)",
  ],
  [{ crossZone: "yes" }, 'crossZone is "yes"; it must be true or false (for example true)'],
  [
    { idleTimeoutSeconds: 59 },
    "idleTimeoutSeconds is 59; it must be from 60 to 6000 with affinity source-ip (for example 60)",
  ],
  [
    { idleTimeoutSeconds: 6001 },
    "idleTimeoutSeconds is 6001; it must be a whole number from 1 to 6000 (for example 350)",
  ],
  [
    { dnsName: "https://echo.example.com" },
    'dnsName is "https://echo.example.com"; it must be a DNS name (for example echo.example.com)',
  ],
  [
    { dnsName: "*.example.com", routing: { failover: "primary" } },
    'dnsName is "*.example.com"; it must be a DNS name (for example echo.example.com)',
  ],
  [
    { routing: { failover: "second" } },
    'routing is {"failover":"second"}; it must be {failover: primary or secondary} (for example {failover: primary})',
  ],
  [
    { dnsName: "*.example.com" },
    'dnsName is "*.example.com"; it must be a DNS name (for example echo.example.com)',
  ],
  ...["https://a.example/", "a.example", "*", "null", "HTTPS://a.example"].map(
    (origin): (typeof WRONG_IN_WORKLOAD)[number] => [
      { allowedOrigins: ["https://b.example", origin] },
      `allowedOrigins is ["https://b.example","${origin}"]; it must be a list of origins, each https:// or http:// with a host, in lower case (for example https://app.example.com,https://other.example.com)`,
    ],
  ),
  ...["https://*.example", "https://a..example", "https://a;b.example", "https://-.example"].map(
    (origin): (typeof WRONG_IN_WORKLOAD)[number] => [
      { allowedOrigins: [origin] },
      `allowedOrigins is ["${origin}"]; it must be a list of origins, each https:// or http:// with a host, in lower case (for example https://app.example.com,https://other.example.com)`,
    ],
  ),
  ...[`${"a".repeat(64)}.example`, `${"a.".repeat(124)}example`].map(
    (dnsName): (typeof WRONG_IN_WORKLOAD)[number] => [
      { dnsName },
      `dnsName is "${dnsName.slice(0, 199)}${dnsName.length > 198 ? "…" : '"'}; it must be a DNS name (for example echo.example.com)`,
    ],
  ),
  [
    { drainSeconds: 149 },
    `drainSeconds is 149; it must be from 150 to 3600 with affinity source-ip, ${DRAIN} (for example 150)`,
  ],
  [
    { affinity: "none", drainSeconds: 149 },
    `drainSeconds is 149; it must be from 150 to 3600 with affinity none, ${DRAIN} (for example 150)`,
  ],
  [
    { app: "company", affinity: "cookie", drainSeconds: 59 },
    "drainSeconds is 59; it must be from 60 to 3600 with affinity cookie, because an Application Load Balancer keeps sending requests for up to a minute (for example 60)",
  ],
  [
    { app: "company", affinity: "key", drainSeconds: 9 },
    "drainSeconds is 9; it must be from 10 to 3600 with affinity key, because the key router keeps sending requests for some seconds (for example 10)",
  ],
  [
    { replicas: 3, maxReplicas: 2 },
    "maxReplicas is 2; it must be more than 3 (replicas) (for example 6); omit it to disable autoscaling",
  ],
  [
    { replicas: 4, maxReplicas: 4 },
    "maxReplicas is 4; it must be more than 4 (replicas) (for example 8); omit it to disable autoscaling",
  ],
  [{ cpuMillicores: 300 }, `cpuMillicores is 300; ${SIZES}`],
  [
    { memoryMiB: 768 },
    "memoryMiB is 768; it must be a size that Fargate has with 250 cpuMillicores: 512, 1024, 2048 (for example 512)",
  ],
  [{ crossZone: false }, `crossZone is false; ${CROSS_ZONE}`],
  ...[["https://app.example.com"], ["http://a.example", "http://b.example"]].map(
    (allowedOrigins): (typeof WRONG_IN_WORKLOAD)[number] => [
      { app: "company", affinity: "cookie", allowedOrigins },
      `allowedOrigins is ${JSON.stringify(allowedOrigins)}; ${OTHER_SITE}`,
    ],
  ),
  [
    { dnsName: "echo.example.com" },
    'dnsName is "echo.example.com"; it must be in the Route 53 hosted zone that hostedZoneId names; set hostedZoneId, or remove dnsName',
  ],
];

/** One character too long for a certificate. */
const LONG_NAME = `${"a".repeat(57)}.example`;

/** Workloads that are wrong together, or with another setting. */
const WRONG_TOGETHER: [changes: Record<string, unknown>, fault: string][] = [
  [
    { workloads: [{ app: "echo", idleTimeoutSeconds: 600 }], certificateArn: CERTIFICATE },
    "workloads[0].idleTimeoutSeconds is 600; it must be 350 with TLS, because AWS fixes it for TLS listeners; remove idleTimeoutSeconds",
  ],
  [
    {
      workloads: [{ app: "echo", dnsName: "a.example", idleTimeoutSeconds: 600 }],
      hostedZoneId: "Z0123",
    },
    "workloads[0].idleTimeoutSeconds is 600; it must be 350 with TLS, because AWS fixes it for TLS listeners; remove idleTimeoutSeconds",
  ],
  [
    { workloads: [{ app: "echo", dnsName: LONG_NAME }], hostedZoneId: "Z0123" },
    `workloads[0].dnsName is "${LONG_NAME}"; it must be at most 64 characters long, because ACM limits the first name of a certificate; set certificateArn, or shorten dnsName`,
  ],
  [
    {
      hostedZoneId: "Z0123",
      workloads: [
        { app: "echo", dnsName: "a.example" },
        { app: "company", dnsName: "a.example" },
      ],
    },
    'workloads lists dnsName "a.example" twice; it must be a list with each dnsName once; remove or change the second',
  ],
];

describe("config accepts pages of other sites", () => {
  const refused = async (changes: object, workload: object): Promise<boolean> => {
    const workloads = [{ app: "document", affinity: "cookie", ...workload }];
    const message = await refusal({ workloads, ...changes }).catch(() => "");
    return message.startsWith("sockjs-sticky:workloads[0].allowedOrigins is ");
  };

  it("with affinity cookie if browsers send the cookie, and always with affinity key", async () => {
    const zone = { hostedZoneId: "Z0123" };
    const own = { dnsName: "doc.example.co.uk" };
    for (const [changes, workload, isRefused] of [
      [{}, { allowedOrigins: ["https://app.test"] }, true],
      [{}, { allowedOrigins: ["https://app.test"], affinity: "key" }, false],
      [{ certificateArn: CERTIFICATE }, { allowedOrigins: ["https://app.test"] }, false],
      [zone, { ...own, allowedOrigins: ["https://app.test"] }, false],
      [{}, { allowedOrigins: [] }, false],
    ] as const) {
      const what = JSON.stringify([changes, workload]);
      equal(await refused(changes, workload), isRefused, what);
    }
  });
});

describe("config rejects workloads", () => {
  for (const [workloads, fault] of WRONG_LISTS) {
    it(`that are ${workloads === undefined ? "missing" : JSON.stringify(workloads)}`, async () => {
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

  it("for what is wrong between settings although another setting is wrong by itself", async () => {
    const workloads = [{ app: "company" }, { app: "echo", crossZone: false, replicas: 0 }];
    const faults = (await refusal({ zones: 1, workloads })).split("\n");
    equal(faults.length, 3);
    ok(faults[2]?.startsWith("sockjs-sticky:workloads[1].crossZone is false; "));
  });

  it("not for combinations of which a part is wrong by itself", async () => {
    equal(
      await refusal({ workloads: [{ app: "echo", replicas: "many", maxReplicas: 2 }] }),
      'sockjs-sticky:workloads[0].replicas is "many"; it must be a whole number from 1 to 100 (for example 3)',
    );
  });

  it("for all combinations at once", async () => {
    const echo = { app: "echo", drainSeconds: 0, crossZone: false, dnsName: "a.example" };
    const company = { app: "company", memoryMiB: 1, maxReplicas: 2 };
    const faults = (await refusal({ workloads: [echo, company], vpcCidr: "10.0.0.0/8" })).split(
      "\n",
    );
    equal(faults.length, 6);
  });
});
