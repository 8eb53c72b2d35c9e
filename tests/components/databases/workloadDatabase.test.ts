import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { makeDatabase } from "../../../components/databases/makeDatabase.ts";
import { scramVerifier } from "../../../components/databases/scramVerifier.ts";
import {
  WorkloadDatabase,
  type WorkloadDatabaseArgs,
} from "../../../components/databases/workloadDatabase.ts";
import { CLUSTER } from "../../mocks/cluster.ts";
import { at, mockPulumi, valueOf } from "../../mocks/mocks.ts";
import { rejection } from "../../mocks/rejection.ts";

const ADMIN: WorkloadDatabaseArgs["admin"] = {
  namespace: pulumi.output("apps-databases"),
  secretName: pulumi.output("admin-1"),
  certificatesName: pulumi.output("certificates-1"),
  host: pulumi.output("apps.rds.example"),
  port: 5432,
};

const ARGS: WorkloadDatabaseArgs = {
  admin: ADMIN,
  cluster: CLUSTER,
  image: "registry.example/postgres@sha256:1",
};

const LABELS = { "app.kubernetes.io/name": "my-chat-database" };

const PASSWORD = "password-of-my-chat";

async function mockedDatabase(changes: Partial<WorkloadDatabaseArgs> = {}) {
  const recorder = await mockPulumi();
  const database = new WorkloadDatabase("my-chat", { ...ARGS, ...changes });
  await recorder.settle();
  return { recorder, database, job: recorder.one("kubernetes:Job") };
}

async function nameOfJob(changes: Partial<WorkloadDatabaseArgs> = {}): Promise<string> {
  const { job } = await mockedDatabase(changes);
  return String(at(job.inputs, "metadata", "name"));
}

/** The message with which a name is refused, before anything is made. */
function refusal(name: string): Promise<string> {
  return rejection("WorkloadDatabase", () => new WorkloadDatabase(name, ARGS));
}

describe("WorkloadDatabase", () => {
  it("creates a password, the statements and the Job that runs them as its children", async () => {
    const { recorder } = await mockedDatabase();
    deepEqual(recorder.counts(), {
      "kubernetes:Job": 1,
      "kubernetes:Secret": 1,
      "random:index/randomPassword:RandomPassword": 1,
      "sockjs-sticky:WorkloadDatabase": 1,
    });
    deepEqual(recorder.strangersTo("sockjs-sticky:WorkloadDatabase", "my-chat"), []);
    const { inputs } = recorder.one("random:index/randomPassword:RandomPassword");
    deepEqual(inputs, { length: 32, special: false });
  });

  it("runs the statements for the workload's role, from a Secret that never has the password", async () => {
    const { recorder } = await mockedDatabase();
    const { inputs } = recorder.one("kubernetes:Secret");
    deepEqual(inputs.metadata, { namespace: "apps-databases" });
    const role = "workload-my-chat";
    deepEqual(at(inputs, "stringData", "value"), {
      "make.sql": makeDatabase(role, scramVerifier(role, PASSWORD)).join("\n\n"),
    });
    ok(!JSON.stringify(recorder.made).includes(PASSWORD));
  });

  it("runs psql with verified TLS, as a restricted pod that Fargate takes", async () => {
    const { job } = await mockedDatabase();
    const { template, ...spec } = job.inputs.spec as { template: object };
    deepEqual(spec, { backoffLimit: 5, activeDeadlineSeconds: 600 });
    deepEqual(template, {
      metadata: { labels: { ...CLUSTER.podLabels, ...LABELS } },
      spec: {
        restartPolicy: "OnFailure",
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        terminationGracePeriodSeconds: 1,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 70,
          runAsGroup: 70,
          seccompProfile: { type: "RuntimeDefault" },
        },
        containers: [
          {
            name: "psql",
            image: "registry.example/postgres@sha256:1",
            command: [
              "psql",
              "--no-psqlrc",
              "--quiet",
              "--set=ON_ERROR_STOP=1",
              "--file=/script/make.sql",
            ],
            env: [
              { name: "PGSSLMODE", value: "verify-full" },
              { name: "PGSSLROOTCERT", value: "/certificates/rds.pem" },
              { name: "PGCONNECT_TIMEOUT", value: "10" },
            ],
            envFrom: [{ secretRef: { name: "admin-1" } }],
            volumeMounts: [
              { name: "script", mountPath: "/script", readOnly: true },
              { name: "certificates", mountPath: "/certificates", readOnly: true },
            ],
            resources: {
              requests: { cpu: "250m", memory: "256Mi" },
              limits: { cpu: "250m", memory: "256Mi" },
            },
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ["ALL"] },
            },
          },
        ],
        volumes: [
          { name: "script", secret: { secretName: "my-chat-1234567" } },
          { name: "certificates", configMap: { name: "certificates-1" } },
        ],
      },
    });
  });

  it("waits for the Job for longer than the Job runs, and has a Job that failed run again", async () => {
    const { job } = await mockedDatabase();
    deepEqual(job.timeouts, { create: "660s", update: "", delete: "" });
    const { name, ...metadata } = job.inputs.metadata as { name: string };
    ok(/^my-chat-[\da-f]{10}$/.test(name), name);
    deepEqual(metadata, {
      namespace: "apps-databases",
      labels: LABELS,
      annotations: { "pulumi.com/replaceUnready": "true" },
    });
  });

  it("names the Job by all that it runs, because Kubernetes cannot change a Job", async () => {
    const name = await nameOfJob();
    equal(await nameOfJob(), name);
    const others: Partial<WorkloadDatabaseArgs>[] = [
      { image: "registry.example/postgres@sha256:2" },
      { admin: { ...ADMIN, secretName: pulumi.output("admin-2") } },
      { admin: { ...ADMIN, certificatesName: pulumi.output("certificates-2") } },
      { cluster: { podLabels: { "sockjs-sticky/stack": "other" } } },
    ];
    for (const change of others) {
      notEqual(await nameOfJob(change), name);
    }
  });

  it("outputs a URL with the workload's own role, password and database, as a secret", async () => {
    const { database } = await mockedDatabase();
    equal(
      await valueOf(database.url),
      `postgres://workload-my-chat:${PASSWORD}@apps.rds.example:5432/workload-my-chat`,
    );
    equal(await pulumi.isSecret(database.url), true);
  });

  it("is made before what depends on it, which uses a URL that a further Job does not change", async () => {
    const recorder = await mockPulumi();
    const database = new WorkloadDatabase("my-chat", ARGS);
    new k8s.core.v1.ConfigMap("user", { data: { url: database.url } }, { dependsOn: database });
    new k8s.core.v1.ConfigMap("planner", { data: { url: database.url } });
    await recorder.settle();
    const job = recorder.one("kubernetes:Job");
    ok(recorder.isAfter(recorder.one("kubernetes:ConfigMap", "user"), job));
    ok(!recorder.isAfter(recorder.one("kubernetes:ConfigMap", "planner"), job));
  });

  it("can be created for several workloads in one program", async () => {
    const recorder = await mockPulumi();
    const [one, two] = ["one", "two"].map((name) => new WorkloadDatabase(name, ARGS));
    await recorder.settle();
    const names = recorder
      .all("kubernetes:Job")
      .map(({ inputs }) => at(inputs, "metadata", "name"));
    equal(new Set(names).size, 2);
    ok(one !== undefined && two !== undefined);
    notEqual(await valueOf(one.url), await valueOf(two.url));
  });

  for (const name of ["app", "postgres", "rdsadmin", "template1", "public", "x", "a".repeat(40)]) {
    it(`gives workload ${name} names that neither PostgreSQL nor RDS uses or rejects`, async () => {
      const recorder = await mockPulumi();
      const { url } = new WorkloadDatabase(name, ARGS);
      await recorder.settle();
      const { pathname, username } = new URL(await valueOf(url));
      equal(username, `workload-${name}`);
      equal(pathname, `/workload-${name}`);
      ok(username.length <= 63);
      ok(String(at(recorder.one("kubernetes:Job").inputs, "metadata", "name")).length <= 63);
    });
  }

  for (const name of ["My-Chat", "my_chat", "-chat", "chat-", 'a"b', "a'b", "a".repeat(41)]) {
    it(`rejects the name ${JSON.stringify(name)} before the first child`, async () => {
      equal(
        await refusal(name),
        `name of a workload with a database is ${JSON.stringify(name)}; it must be 1 to 40 lower-case letters, digits and hyphens, without a hyphen at its ends (for example my-chat)`,
      );
    });
  }
});
