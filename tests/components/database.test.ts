import { deepEqual, equal, ok } from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Database, type DatabaseArgs } from "../../components/database.ts";
import type { InstanceArgs } from "../../components/databaseInstance.ts";
import { CLUSTER, NETWORK } from "../mocks/cluster.ts";
import { mockPulumi, valueOf } from "../mocks/mocks.ts";
import { rejection } from "../mocks/rejection.ts";

const ARGS: DatabaseArgs = {
  network: NETWORK,
  cluster: CLUSTER,
  instance: {
    postgresVersion: "18",
    instanceClass: "db.t4g.micro",
    multiAz: false,
    storageGiB: 20,
    backupDays: 7,
    finalSnapshot: false,
  },
  deletionProtection: false,
};

const KEEPS_SNAPSHOT = { ...ARGS, instance: { ...ARGS.instance, finalSnapshot: true } };

async function mockedDatabase(changes: Partial<InstanceArgs> = {}, deletionProtection = false) {
  const recorder = await mockPulumi();
  const instance = { ...ARGS.instance, ...changes };
  const database = new Database("apps", { ...ARGS, instance, deletionProtection });
  await recorder.settle();
  return { recorder, database, instance: recorder.one("aws:Instance", "apps") };
}

/** The message with which arguments are refused, before anything is made. */
function refusal(changes: Partial<InstanceArgs>): Promise<string> {
  const instance = { ...ARGS.instance, ...changes };
  return rejection("Database", () => new Database("apps", { ...ARGS, instance }));
}

/** A value as the engine gets it when nobody is to read it. */
function secret(value: string): object {
  return { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value };
}

const INSTANCE = {
  engine: "postgres",
  engineVersion: "18",
  autoMinorVersionUpgrade: true,
  allowMajorVersionUpgrade: true,
  applyImmediately: true,
  instanceClass: "db.t4g.micro",
  multiAz: false,
  storageType: "gp3",
  allocatedStorage: 20,
  maxAllocatedStorage: 80,
  storageEncrypted: true,
  dbName: "app",
  username: "app",
  password: secret("password-of-apps"),
  port: 5432,
  dbSubnetGroupName: "apps-subnets",
  vpcSecurityGroupIds: ["apps-id"],
  publiclyAccessible: false,
  parameterGroupName: "apps-parameters",
  caCertIdentifier: "rds-ca-rsa2048-g1",
  backupRetentionPeriod: 7,
  deleteAutomatedBackups: true,
  copyTagsToSnapshot: true,
  deletionProtection: false,
  skipFinalSnapshot: true,
};

describe("Database", () => {
  it("creates an instance and what it needs, all as its children", async () => {
    const { recorder } = await mockedDatabase();
    deepEqual(recorder.counts(), {
      "aws:Instance": 1,
      "aws:ParameterGroup": 1,
      "aws:SecurityGroup": 1,
      "aws:SecurityGroupIngressRule": 1,
      "aws:SubnetGroup": 1,
      "random:index/randomPassword:RandomPassword": 1,
      "sockjs-sticky:Database": 1,
    });
    deepEqual(recorder.strangersTo("sockjs-sticky:Database", "apps"), []);
  });

  it("creates an encrypted, private instance that leaves nothing behind", async () => {
    const { instance } = await mockedDatabase();
    deepEqual(instance.inputs, INSTANCE);
  });

  it("passes version, class, zones, storage, backups and protection on", async () => {
    const changes = {
      postgresVersion: "17.6",
      instanceClass: "db.m7g.large",
      multiAz: true,
      storageGiB: 100,
      backupDays: 35,
    };
    const { instance } = await mockedDatabase(changes, true);
    deepEqual(instance.inputs, {
      ...INSTANCE,
      engineVersion: "17.6",
      // Or AWS would leave the version that is named.
      autoMinorVersionUpgrade: false,
      instanceClass: "db.m7g.large",
      multiAz: true,
      allocatedStorage: 100,
      maxAllocatedStorage: 400,
      backupRetentionPeriod: 35,
      deletionProtection: true,
    });
  });

  it("sets the IOPS that AWS requires for larger storage, and none for smaller storage", async () => {
    const larger = await mockedDatabase({ storageGiB: 400 });
    equal(larger.instance.inputs.iops, 12_000);
    const smaller = await mockedDatabase({ storageGiB: 399 });
    equal(Object.hasOwn(smaller.instance.inputs, "iops"), false);
  });

  it("is in the private subnets", async () => {
    const { recorder } = await mockedDatabase();
    deepEqual(recorder.one("aws:SubnetGroup", "apps").inputs.subnetIds, NETWORK.privateSubnetIds);
  });

  it("accepts connections only from pods and on its port, and has no egress", async () => {
    const { recorder } = await mockedDatabase();
    deepEqual(recorder.one("aws:SecurityGroup", "apps").inputs, {
      vpcId: "vpc-1",
      description: "PostgreSQL of apps",
    });
    deepEqual(recorder.one("aws:SecurityGroupIngressRule", "apps").inputs, {
      securityGroupId: "apps-id",
      referencedSecurityGroupId: "sg-pods",
      ipProtocol: "tcp",
      fromPort: 5432,
      toPort: 5432,
    });
  });

  for (const [version, family] of [
    ["18", "postgres18"],
    ["17.6", "postgres17"],
  ] as const) {
    it(`accepts only TLS, by a parameter of the family of version ${version}`, async () => {
      const { recorder } = await mockedDatabase({ postgresVersion: version });
      const { description, ...inputs } = recorder.one("aws:ParameterGroup", "apps").inputs;
      equal(description, "Managed by Pulumi");
      deepEqual(inputs, { family, parameters: [{ name: "rds.force_ssl", value: "1" }] });
    });
  }

  it("has a long password of letters and digits", async () => {
    const { recorder } = await mockedDatabase();
    const { inputs } = recorder.one("random:index/randomPassword:RandomPassword", "apps");
    deepEqual(inputs, { length: 32, special: false });
  });

  it("outputs a URL with the password as a secret", async () => {
    const { database } = await mockedDatabase();
    equal(await valueOf(database.url), "postgres://app:password-of-apps@apps.rds.example:5432/app");
    equal(await pulumi.isSecret(database.url), true);
  });

  it("outputs the administrator's connection, whose password is a secret", async () => {
    const { database } = await mockedDatabase();
    const { host, password, ...rest } = database.connection;
    deepEqual(rest, { port: 5432, user: "app", database: "app" });
    equal(await valueOf(host), "apps.rds.example");
    equal(await valueOf(password), "password-of-apps");
    equal(await pulumi.isSecret(password), true);
    equal(await pulumi.isSecret(host), false);
  });

  it("outputs its URL and host once pods can connect, and outlives their users", async () => {
    const recorder = await mockPulumi();
    const { connection, url } = new Database("apps", ARGS);
    new k8s.core.v1.ConfigMap("user", { data: { url } });
    new k8s.core.v1.ConfigMap("administrator", { data: { host: connection.host } });
    await recorder.settle();
    for (const name of ["user", "administrator"]) {
      const user = recorder.one("kubernetes:ConfigMap", name);
      deepEqual(recorder.directlyAfter(user, "aws:Instance"), ["apps"]);
      deepEqual(recorder.directlyAfter(user, "aws:SecurityGroupIngressRule"), ["apps"]);
    }
  });

  it("takes a final snapshot if configured, under a name that is never used again", async () => {
    const { recorder, instance } = await mockedDatabase({ finalSnapshot: true });
    deepEqual(instance.inputs, {
      ...INSTANCE,
      skipFinalSnapshot: false,
      finalSnapshotIdentifier: "apps-final-hex-of-apps-final-snapshot",
    });
    const id = recorder.one("random:index/randomId:RandomId", "apps-final-snapshot");
    deepEqual(id.inputs, { byteLength: 4 });
    deepEqual(recorder.strangersTo("sockjs-sticky:Database", "apps"), []);
  });

  it("protects all its parts but those that a setting replaces", async () => {
    const recorder = await mockPulumi();
    new Database("apps", KEEPS_SNAPSHOT, { protect: true });
    await recorder.settle();
    equal(recorder.made.length, 8);
    deepEqual(
      recorder.made
        .filter(({ protect }) => !protect)
        .map(({ name, type }) => `${type} ${name}`)
        .toSorted(),
      [
        "aws:rds/parameterGroup:ParameterGroup apps",
        "random:index/randomId:RandomId apps-final-snapshot",
      ],
    );
  });

  it("accepts the minimum and the maximum of AWS", async () => {
    for (const edges of [
      { storageGiB: 20, backupDays: 0, postgresVersion: "9", instanceClass: "db.x2g.16xlarge" },
      { storageGiB: 16_384, backupDays: 35, instanceClass: "db.m9gd.9xlarge" },
    ]) {
      const { instance } = await mockedDatabase(edges);
      equal(instance.inputs.allocatedStorage, edges.storageGiB);
      ok(Number(instance.inputs.maxAllocatedStorage) <= 65_536);
    }
  });

  for (const postgresVersion of ["", "v18", "18.x", "18.1.2", "x18", "18-R1"]) {
    it(`rejects version ${JSON.stringify(postgresVersion)} before the first child`, async () => {
      equal(
        await refusal({ postgresVersion }),
        `postgresVersion is "${postgresVersion}"; it must be a major version of PostgreSQL, or one with its minor version (for example 18)`,
      );
    });
  }

  for (const instanceClass of ["", "t4g.micro", "db.t4g", "db.t4g.micro.x", "xdb.t4g.micro"]) {
    it(`rejects class ${JSON.stringify(instanceClass)} before the first child`, async () => {
      equal(
        await refusal({ instanceClass }),
        `instanceClass is "${instanceClass}"; it must be an RDS instance class (for example db.t4g.micro)`,
      );
    });
  }

  for (const storageGiB of [19, 16_385, 20.5, NaN]) {
    it(`rejects ${storageGiB} GiB before the first child`, async () => {
      equal(
        await refusal({ storageGiB }),
        `storageGiB is ${storageGiB}; it must be a whole number from 20 to 16384 (for example 20)`,
      );
    });
  }

  for (const backupDays of [-1, 36, 1.5]) {
    it(`rejects ${backupDays} days of backups before the first child`, async () => {
      equal(
        await refusal({ backupDays }),
        `backupDays is ${backupDays}; it must be a whole number from 0 to 35 (for example 0)`,
      );
    });
  }

  it("names all faults at once", async () => {
    const wrong = { postgresVersion: "", instanceClass: "", storageGiB: 0, backupDays: 99 };
    equal(
      await refusal(wrong),
      [
        'postgresVersion is ""; it must be a major version of PostgreSQL, or one with its minor version (for example 18)',
        'instanceClass is ""; it must be an RDS instance class (for example db.t4g.micro)',
        "storageGiB is 0; it must be a whole number from 20 to 16384 (for example 20)",
        "backupDays is 99; it must be a whole number from 0 to 35 (for example 0)",
      ].join("\n"),
    );
  });

  it("can be created twice in one program", async () => {
    const recorder = await mockPulumi();
    new Database("one", KEEPS_SNAPSHOT);
    new Database("two", KEEPS_SNAPSHOT);
    await recorder.settle();
    equal(recorder.all("aws:Instance").length, 2);
    const { inputs } = recorder.one("aws:Instance", "two");
    equal(inputs.dbSubnetGroupName, "two-subnets");
    deepEqual(inputs.vpcSecurityGroupIds, ["two-id"]);
  });
});
