import { deepEqual, equal, ok } from "node:assert/strict";
import { environmentOf } from "../../config/workloadSettings.ts";
import { loaded, refusal } from "./refusal.ts";

const IMAGE = `registry.example/chat@sha256:${"1".repeat(64)}`;
const CHAT = { name: "chat", image: IMAGE };
const ROOMS = [{ key: { from: "path" }, path: "/rooms", methods: ["GET"] }];
const LABEL =
  "it must be at most 40 lower-case letters, digits and single hyphens between them, from a letter on (for example my-chat)";
const PER_REPLICA =
  "it must be other variables than PORT, REPLICA_NAME, DRAIN_SECONDS, DATABASE_URL, which are set for every replica";

/** Workloads with images of their own that are wrong, each with its fault. */
const WRONG: [workload: Record<string, unknown>, fault: string][] = [
  [{ name: undefined }, `name is not set; ${LABEL}`],
  ...["Chat", "-chat", "chat-", "1chat", "a.b", "a--b", "a".repeat(41)].map(
    (name): (typeof WRONG)[number] => [{ name }, `name is ${JSON.stringify(name)}; ${LABEL}`],
  ),
  ...["default", "kube-system", "aws-observability", "sockjs-sticky-a"].map(
    (name): (typeof WRONG)[number] => [
      { name },
      `name is ${JSON.stringify(name)}; it must be none of default, kube-…, aws-observability and sockjs-sticky-…, which are other namespaces`,
    ],
  ),
  [
    { name: "echo" },
    'name is "echo"; it must be another name, because it is that of a built-in app (for example my-echo)',
  ],
  [{ build: "." }, "image and build are set; it must be only one of them; remove all but one"],
  [{ app: "echo" }, "app and image are set; it must be only one of them; remove all but one"],
  [
    { image: undefined, build: "./docs" },
    'build is "./docs"; it must be a folder with a Dockerfile, relative to Pulumi.yaml (for example ./chat); add a Dockerfile',
  ],
  [
    { image: "chat" },
    'image is "chat"; it must be an image by tag or digest (for example registry.example/chat:1.0)',
  ],
  [
    { affinity: "key" },
    "keys is not set; it must be a list of where the key of a request is, with affinity key (for example [{key: {from: path}, path: /rooms}])",
  ],
  [
    { affinity: "key", keys: [{ key: { from: "json", field: "a b" }, path: "/a" }] },
    'keys[0].key.field is "a b"; it must be a name of letters, digits and _ - (for example businessNumber)',
  ],
  [
    { affinity: "key", keys: [{ key: { from: "path" }, path: "rooms" }] },
    'keys[0].path is "rooms"; it must be a path that begins with a slash, of letters, digits and _ . ~ - (for example /companies)',
  ],
  [
    { keys: ROOMS },
    `keys is [{"key":{"from":"path"},"path":"/rooms","methods":["GET"],"normalise":"none"}]; it must be removed, because it has an effect only with affinity key and an image of your own`,
  ],
  [
    { cookie: { name: "session" } },
    `cookie is {"name":"session","seconds":86400}; it must be removed, because it has an effect only with affinity cookie and an image of your own`,
  ],
  [
    { routing: { failover: "primary" } },
    'routing is {"failover":"primary"}; it must be removed, because it has an effect only with a DNS name that two stacks share (dnsName)',
  ],
  [
    { allowedOrigins: ["https://a.example"] },
    'allowedOrigins is ["https://a.example"]; it must be removed, because it has an effect only with a built-in app (app)',
  ],
  [
    { maxCreationsPerSecond: 5 },
    "maxCreationsPerSecond is 5; it must be removed, because it has an effect only with app company or document",
  ],
  [{ port: 80 }, "port is 80; it must be a whole number from 1024 to 65535 (for example 8080)"],
  [
    { port: 65536 },
    "port is 65536; it must be a whole number from 1024 to 65535 (for example 8080)",
  ],
  [{ user: 0 }, "user is 0; it must be a whole number from 1 to 65534 (for example 1000)"],
  [
    { readinessPath: "ready" },
    'readinessPath is "ready"; it must be a path that begins with a slash, of at most 1024 letters, digits and _ . / ~ % - (for example /readyz)',
  ],
  [
    { livenessPath: "/a b" },
    'livenessPath is "/a b"; it must be a path that begins with a slash, of at most 1024 letters, digits and _ . / ~ % - (for example /healthz)',
  ],
  [{ command: [] }, "command is []; it must be a list of words (for example [node, server.js])"],
  ...[["tmp"], ["/tmp/"], ["/tmp", "/tmp"], ["/proc"], ["/sys/a"], ["/a/../b"]].map(
    (writableFolders): (typeof WRONG)[number] => [
      { writableFolders },
      `writableFolders is ${JSON.stringify(writableFolders)}; it must be a list of different absolute paths of folders, without a slash at the end and not below /proc, /sys or /dev (for example [/tmp])`,
    ],
  ),
  [
    { secrets: ["A", "A"] },
    'secrets is ["A","A"]; it must be a list of different names of variables (for example [API_KEY])',
  ],
  [
    { affinity: "key", keys: "path" },
    'keys is "path"; it must be a list of {key, path, methods, normalise}, whose key is {from: path}, {from: header, header}, {from: cookie, cookie}, {from: query, parameter} or {from: json, field} (for example [{key: {from: path}, path: /rooms}])',
  ],
  [
    { environment: { "a-b": "1" } },
    'environment is {"a-b":"1"}; it must be values by name of a variable (for example {LOG_LEVEL: debug})',
  ],
  ...["PORT", "REPLICA_NAME", "DRAIN_SECONDS", "DATABASE_URL"].map(
    (variable): (typeof WRONG)[number] => [
      { environment: { [variable]: "1" } },
      `environment sets ${variable}; ${PER_REPLICA}`,
    ],
  ),
  [
    { affinity: "cookie", cookie: { name: "AWSALBAPP-0" } },
    'cookie is {"name":"AWSALBAPP-0"}; it must be {name, seconds}: a cookie that the app sets, whose name does not begin with AWSALB, or without name one that the load balancer sets; from 1 to 604800 seconds (for example {name: session, seconds: 3600})',
  ],
  [
    { affinity: "cookie", idleTimeoutSeconds: 4001 },
    "idleTimeoutSeconds is 4001; it must be from 1 to 4000 with affinity cookie (for example 1)",
  ],
];

describe("config accepts workloads of other people", () => {
  it("with an image and a name only", async () => {
    const [workload] = (await loaded("new", { workloads: [CHAT] })).workloads;
    ok(workload);
    const { affinity, app, drainSeconds, idleTimeoutSeconds, livenessPath, port } = workload;
    deepEqual(
      { affinity, app, drainSeconds, idleTimeoutSeconds, livenessPath, port },
      {
        affinity: "source-ip",
        app: undefined,
        drainSeconds: 150,
        idleTimeoutSeconds: 350,
        livenessPath: undefined,
        port: 8080,
      },
    );
    equal(workload.shutdown, "sleep");
    equal(workload.readinessPath, "/");
    deepEqual(workload.cookie, { seconds: 86_400 });
    deepEqual(environmentOf(workload, false), {});
  });

  it("with every affinity", async () => {
    for (const more of [
      { affinity: "none" },
      { affinity: "source-ip" },
      { affinity: "cookie" },
      { affinity: "cookie", cookie: { name: "session", seconds: 60 }, idleTimeoutSeconds: 4000 },
      { affinity: "key", keys: ROOMS, idleTimeoutSeconds: 6000 },
      { affinity: "key", keys: [{ key: { from: "query", parameter: "room" }, path: "/*" }] },
    ]) {
      const { workloads } = await loaded("new", { workloads: [{ ...CHAT, ...more }] });
      equal(workloads[0]?.affinity, more.affinity);
    }
  });

  it("that are built from a folder", async () => {
    const { workloads } = await loaded("new", { workloads: [{ name: "chat", build: "./app" }] });
    equal(workloads[0]?.build, "./app");
  });

  it("as the same built-in app under two names, each with the app's defaults", async () => {
    const { workloads } = await loaded("new", {
      workloads: [{ app: "echo" }, { app: "echo", name: "b" }],
    });
    deepEqual(
      workloads.map(({ name, port, shutdown }) => ({ name, port, shutdown })),
      ["echo", "b"].map((name) => ({ name, port: 8080, shutdown: "drains" })),
    );
    deepEqual(workloads.map((each) => environmentOf(each, false))[1], {
      APP: "echo",
      METRICS_PORT: "9464",
      IDLE_TIMEOUT_SECONDS: "350",
    });
  });

  it("passes built-in apps their own variables, and any other", async () => {
    const company = {
      app: "company",
      environment: { LOG_LEVEL: "debug", LIMIT: 5 },
      allowedOrigins: ["http://a.example", "http://b.example"],
      affinity: "key",
      maxCreationsPerSecond: 7,
    };
    const { workloads } = await loaded("new", { workloads: [company] });
    deepEqual(
      workloads.map((each) => environmentOf(each, false)),
      [
        {
          LOG_LEVEL: "debug",
          LIMIT: "5",
          APP: "company",
          METRICS_PORT: "9464",
          IDLE_TIMEOUT_SECONDS: "60",
          ALLOWED_ORIGINS: "http://a.example,http://b.example",
          MAX_CREATIONS_PER_SECOND: "7",
        },
      ],
    );
  });
});

describe("config rejects workloads of other people", () => {
  for (const [changes, fault] of WRONG) {
    it(`with ${JSON.stringify(changes)}`, async () => {
      const all: Record<string, unknown> = { ...CHAT, ...changes };
      const workload = Object.fromEntries(
        Object.entries(all).filter(([, value]) => value !== undefined),
      );
      equal(await refusal({ workloads: [workload] }), `sockjs-sticky:workloads[0].${fault}`);
    });
  }

  it("on the port of a built-in app's metrics", async () => {
    equal(
      await refusal({ workloads: [{ app: "echo", port: 9464 }] }),
      "sockjs-sticky:workloads[0].port is 9464; it must be another port than that of the app's metrics",
    );
  });

  it("that are no settings", async () => {
    for (const workload of ["echo", null, []]) {
      equal(
        await refusal({ workloads: [workload] }),
        `sockjs-sticky:workloads[0] is ${JSON.stringify(workload)}; it must be settings of a workload by name (for example {app: echo})`,
      );
    }
  });

  it("with a database on a PostgreSQL that is too old", async () => {
    const settings = { postgresVersion: "15", workloads: [{ ...CHAT, database: true }] };
    equal(
      await refusal(settings),
      "sockjs-sticky:workloads[0].database is true; it must be false with postgresVersion 15, because it requires 16 or later; set postgresVersion to 16 or later",
    );
  });

  it("whose name is made from another workload's", async () => {
    for (const suffix of ["internal", "router", "replicas", "database", "secrets"]) {
      const workloads = [{ app: "echo" }, { ...CHAT, name: `echo-${suffix}` }];
      equal(
        await refusal({ workloads }),
        `sockjs-sticky:workloads[1].name is "echo-${suffix}"; it must be another name, because objects of workload "echo" have it`,
      );
    }
  });
});
