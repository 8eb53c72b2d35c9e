import { deepEqual, equal, match } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import * as pulumi from "@pulumi/pulumi";
import { DatabaseAdmin } from "../../../components/databases/databaseAdmin.ts";
import { WorkloadDatabase } from "../../../components/databases/workloadDatabase.ts";
import { startPostgres, type Postgres } from "../../../local/postgres/postgres.ts";
import { queryRows } from "../../drivers/postgres.ts";
import { waitFor } from "../../drivers/waitFor.ts";
import { CLUSTER } from "../../mocks/cluster.ts";
import { at, mockPulumi, valueOf } from "../../mocks/mocks.ts";
import { makeCertificate } from "../../support/certificate.ts";

const MAX_CONNECTIONS = 20;

interface Container {
  command: string[];
  env: { name: string; value: string }[];
  volumeMounts: { name: string; mountPath: string }[];
}

interface Exit {
  status: number | null;
  errors: string;
}

/**
 * Runs the container of a workload's Job on this computer, with its volumes in a folder.
 *
 * @param certificates instead of those of RDS
 */
async function runJob(
  port: number,
  folder: string,
  certificates?: string,
): Promise<Exit & { url: string }> {
  const recorder = await mockPulumi();
  const admin = new DatabaseAdmin("apps", {
    database: {
      connection: {
        host: pulumi.output("localhost"),
        port,
        user: "app",
        password: pulumi.secret("master"),
        database: "app",
      },
    },
  });
  const image = "registry.example/postgres@sha256:1";
  const { url } = new WorkloadDatabase("my-chat", { admin, cluster: CLUSTER, image });
  await recorder.settle();
  const secretOf = (name: string) =>
    at(recorder.one("kubernetes:Secret", name).inputs, "stringData", "value") as Record<
      string,
      string
    >;
  const files = {
    ...secretOf("my-chat"),
    ...(recorder.one("kubernetes:ConfigMap").inputs.data as Record<string, string>),
    ...(certificates === undefined ? {} : { "rds.pem": certificates }),
  };
  for (const [file, content] of Object.entries(files)) {
    writeFileSync(join(folder, file), content);
  }
  const { command, env, volumeMounts } = at(
    recorder.one("kubernetes:Job").inputs,
    ...["spec", "template", "spec", "containers", 0],
  ) as Container;
  const here = (value: string): string =>
    volumeMounts.reduce((path, { mountPath }) => path.replace(mountPath, folder), value);
  const [program = "", ...args] = command.map(here);
  const variables = env.map(({ name, value }) => [name, here(value)]);
  const child = spawn(program, args, {
    env: {
      PATH: process.env.PATH,
      ...secretOf("apps-database-admin"),
      ...(Object.fromEntries(variables) as Record<string, string>),
    },
    stdio: ["ignore", "inherit", "pipe"],
  });
  const [errors] = await Promise.all([text(child.stderr), once(child, "close")]);
  return { status: child.exitCode, errors, url: await valueOf(url) };
}

describe("the Job of a workload's database, with psql", () => {
  const folder = mkdtempSync(join(tmpdir(), "workload-database-"));
  let postgres: Postgres;
  let port = 0;
  let certificate = "";
  before(async () => {
    postgres = await startPostgres({ ephemeral: true }, MAX_CONNECTIONS);
    port = Number(new URL(postgres.url).port);
    const [{ data_directory: data } = { data_directory: "" }] = await queryRows<{
      data_directory: string;
    }>(postgres.url, "show data_directory");
    const { cert, key } = makeCertificate(folder);
    certificate = cert.toString();
    const { gid, uid } = statSync(data);
    for (const [file, content] of [
      ["server.crt", cert],
      ["server.key", key],
    ] as const) {
      writeFileSync(join(data, file), content, { mode: 0o600 });
      chownSync(join(data, file), uid, gid);
    }
    for (const statement of [
      "alter system set ssl = on",
      "select pg_reload_conf()",
      "create role app login createdb createrole password 'master'",
      "create database app owner app",
      "alter database postgres owner to app",
      "alter database template1 owner to app",
    ]) {
      await queryRows(postgres.url, statement);
    }
    await waitFor("PostgreSQL has TLS", async () => {
      const [row] = await queryRows<{ ssl: string }>(postgres.url, "show ssl");
      return row?.ssl === "on";
    });
  });
  after(async () => {
    await postgres.stop();
    rmSync(folder, { recursive: true });
  });

  it("fails where RDS did not sign the server's certificate, which then gets no password", async () => {
    const { errors, status } = await runJob(port, folder);
    equal(status, 2);
    match(errors, /certificate verify failed/);
  });

  it("makes the database, and does so again", async () => {
    for (let run = 0; run < 2; run += 1) {
      const { errors, status, url } = await runJob(port, folder, certificate);
      equal(status, 0, errors);
      const rows = await queryRows(url, "select current_user::text as role");
      deepEqual(rows, [{ role: "workload-my-chat" }]);
    }
  });

  it("fails with the first statement that fails, and does not print the statement", async () => {
    await queryRows(postgres.url, "create database legacy");
    const { errors, status } = await runJob(port, folder, certificate);
    equal(status, 3);
    match(errors, /ERROR: {2}every role can connect to legacy;/);
    equal(errors.includes("SCRAM"), false);
  });
});
