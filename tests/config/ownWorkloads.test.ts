import { deepEqual, equal, ok } from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { valueOf } from "../mocks/mocks.ts";
import { environmentOf } from "../../config/workloadSettings.ts";
import { loaded, refusal } from "./refusal.ts";

const IMAGE = `registry.example/chat@sha256:${"1".repeat(64)}`;
const CHAT = { name: "chat", image: IMAGE };
const ROOMS = [{ key: { from: "path" }, path: "/rooms", methods: ["GET"] }];
const LABEL =
  "it must be a DNS label of at most 40 lower-case letters, digits and hyphens, from a letter on (for example my-chat)";
const PER_REPLICA =
  "it must be other variables than PORT, REPLICA_NAME, DRAIN_SECONDS, DATABASE_URL, which are set for every replica";

/** Workloads with images of their own that are wrong, each with its fault. */
const WRONG: [workload: Record<string, unknown>, fault: string][] = [
  [{ name: undefined }, `name is not set; ${LABEL}`],
  ...["Chat", "-chat", "chat-", "1chat", "a.b", "a".repeat(41)].map(
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
    'build is "./docs"; it must be a folder with a Dockerfile, relative to Pulumi.yaml (for example ./chat)',
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
    'keys[0].path is "rooms"; it must be a path of letters, digits and _ . ~ - (for example /companies)',
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
    { allowedOrigins: ["https://a.example"] },
    'allowedOrigins is ["https://a.example"]; it must be removed, because it has an effect only with a built-in app (app)',
  ],
  [
    { maxCreationsPerSecond: 5 },
    "maxCreationsPerSecond is 5; it must be removed, because it has an effect only with app company or document",
  ],
  [{ port: 0 }, "port is 0; it must be a whole number from 1 to 65535 (for example 8080)"],
  [{ port: 65536 }, "port is 65536; it must be a whole number from 1 to 65535 (for example 8080)"],
  [{ user: 0 }, "user is 0; it must be a whole number from 1 to 65534 (for example 1000)"],
  [
    { readinessPath: "ready" },
    'readinessPath is "ready"; it must be a path that begins with a slash (for example /readyz)',
  ],
  [
    { livenessPath: "/a b" },
    'livenessPath is "/a b"; it must be a path that begins with a slash (for example /healthz)',
  ],
  [{ command: [] }, "command is []; it must be a list of words (for example [node, server.js])"],
  [
    { writableFolders: ["tmp"] },
    'writableFolders is ["tmp"]; it must be a list of absolute paths of folders (for example [/tmp])',
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
    deepEqual(environmentOf(workload), {});
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
    deepEqual(workloads.map(environmentOf)[1], {
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
    deepEqual(workloads.map(environmentOf), [
      {
        LOG_LEVEL: "debug",
        LIMIT: "5",
        APP: "company",
        METRICS_PORT: "9464",
        IDLE_TIMEOUT_SECONDS: "60",
        ALLOWED_ORIGINS: "http://a.example,http://b.example",
        MAX_CREATIONS_PER_SECOND: "7",
      },
    ]);
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

describe("the secrets of workloads", () => {
  const workloads = [{ ...CHAT, secrets: ["API_KEY"] }];
  const MARKER = "marker-4711";
  const COMMAND = "pulumi config set --secret --path 'secrets.chat.API_KEY'";

  it("become secret outputs by workload and variable", async () => {
    const { secrets } = await loaded("new", { workloads, secrets: { chat: { API_KEY: MARKER } } });
    const { API_KEY } = secrets.chat ?? {};
    ok(API_KEY);
    equal(await valueOf(API_KEY), MARKER);
    equal(await pulumi.isSecret(API_KEY), true);
  });

  it("may be digits, which Pulumi reads as a number", async () => {
    const { secrets } = await loaded("new", { workloads, secrets: { chat: { API_KEY: 42 } } });
    equal(await valueOf(secrets.chat?.API_KEY ?? ""), "42");
  });

  for (const [what, settings, fault] of [
    [
      "one is missing",
      { secrets: {} },
      `secrets.chat.API_KEY is not set; it must be set, because workload chat lists API_KEY in its secrets; ${COMMAND}`,
    ],
    [
      "one is not used",
      { secrets: { chat: { API_KEY: MARKER, OTHER: MARKER } } },
      "secrets.chat.OTHER is set, but no workload uses it; it must be in the secrets of a workload chat; add it there, or run: pulumi config rm --path 'secrets.chat.OTHER'",
    ],
    [
      "they have another form",
      { secrets: { chat: MARKER } },
      "secrets is set (secret, not shown); it must be values by workload and variable; pulumi config set --secret --path 'secrets.my-chat.API_KEY'",
    ],
  ] as const) {
    it(`are not shown when ${what}`, async () => {
      const message = await refusal({ workloads, ...settings });
      equal(message, `sockjs-sticky:${fault}`);
      equal(message.includes(MARKER), false);
    });
  }

  it("must be encrypted in the stack file", async () => {
    const message = await refusal({ workloads, secrets: { chat: { API_KEY: MARKER } } }, "new", []);
    ok(message.startsWith("sockjs-sticky:secrets is in plain text in the stack file; "), message);
    equal(message.includes(MARKER), false);
  });

  it("are other variables than those of the environment", async () => {
    const both = [{ ...CHAT, secrets: ["API_KEY"], environment: { API_KEY: "x" } }];
    equal(
      await refusal({ workloads: both, secrets: { chat: { API_KEY: MARKER } } }),
      "sockjs-sticky:workloads[0].secrets has API_KEY, which environment sets as well; it must be variables that environment does not set",
    );
  });
});
