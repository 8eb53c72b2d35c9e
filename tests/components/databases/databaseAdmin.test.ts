import { deepEqual, equal, ok } from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { DatabaseAdmin } from "../../../components/databases/databaseAdmin.ts";
import { at, mockPulumi, valueOf } from "../../mocks/mocks.ts";

const CONNECTION = {
  host: pulumi.output("apps.rds.example"),
  port: 5432,
  user: "app",
  password: pulumi.secret("of the master"),
  database: "app",
};

async function mockedAdmin() {
  const recorder = await mockPulumi();
  const admin = new DatabaseAdmin("apps", { database: { connection: CONNECTION } });
  await recorder.settle();
  return { recorder, admin };
}

describe("DatabaseAdmin", () => {
  it("creates a namespace, the connection and the certificates as its children", async () => {
    const { recorder } = await mockedAdmin();
    deepEqual(recorder.counts(), {
      "kubernetes:ConfigMap": 1,
      "kubernetes:Namespace": 1,
      "kubernetes:Secret": 1,
      "sockjs-sticky:DatabaseAdmin": 1,
    });
    deepEqual(recorder.strangersTo("sockjs-sticky:DatabaseAdmin", "apps"), []);
  });

  it("has a namespace of its own, whose pods must be restricted", async () => {
    const { recorder, admin } = await mockedAdmin();
    deepEqual(recorder.one("kubernetes:Namespace").inputs.metadata, {
      name: "apps-databases",
      labels: { "pod-security.kubernetes.io/enforce": "restricted" },
    });
    equal(await valueOf(admin.namespace), "apps-databases");
  });

  it("has the administrator's connection as environment of psql, only in a Secret of this namespace", async () => {
    const { recorder, admin } = await mockedAdmin();
    const { inputs } = recorder.one("kubernetes:Secret");
    deepEqual(inputs.metadata, { namespace: "apps-databases" });
    deepEqual(at(inputs, "stringData", "value"), {
      PGHOST: "apps.rds.example",
      PGPORT: "5432",
      PGDATABASE: "app",
      PGUSER: "app",
      PGPASSWORD: "of the master",
    });
    equal(await valueOf(admin.secretName), "apps-database-admin-1234567");
    const others = recorder.made.filter(({ type }) => !type.endsWith(":Secret"));
    ok(!JSON.stringify(others).includes("of the master"));
  });

  it("has the root certificate of the instance's CA for every region", async () => {
    const { recorder, admin } = await mockedAdmin();
    const { inputs } = recorder.one("kubernetes:ConfigMap");
    equal(at(inputs, "metadata", "namespace"), "apps-databases");
    const pem = String(at(inputs, "data", "rds.pem"));
    const certificates = pem
      .split(/(?<=-----END CERTIFICATE-----)\n/)
      .map((each) => new X509Certificate(each));
    const regions = certificates.map(
      ({ subject }) => /CN=Amazon RDS ([a-z\d-]+) Root CA RSA2048 G1$/m.exec(subject)?.[1] ?? "",
    );
    ok(["us-east-1", "eu-central-1", "ap-southeast-4"].every((region) => regions.includes(region)));
    equal(new Set(regions).size, regions.length);
    ok(!regions.includes(""));
    ok(certificates.every(({ ca, validToDate }) => ca && validToDate > new Date("2060-01-01")));
    equal(await valueOf(admin.certificatesName), "apps-database-certificates-1234567");
  });
});
