import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { sentencesOf } from "../app/contract/fault.ts";
import type { Cluster } from "./cluster/fargateCluster.ts";
import { instanceFaults, STORAGE_GROWTH, type InstanceArgs } from "./databaseInstance.ts";
import type { Network } from "./network/vpc.ts";

/** Name of the database and of its only user. */
const NAME = "app";
const PORT = 5432;

/**
 * From this size on gp3 storage has four volumes, and four times their least IOPS.
 *
 * Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html (gp3, PostgreSQL)
 */
const STRIPED_GIB = 400;
const STRIPED_IOPS = 12_000;

export interface DatabaseArgs {
  /** The database is in its private subnets. */
  network: Network;
  /** Only the pods of this cluster may connect. */
  cluster: Cluster;
  instance: InstanceArgs;
  /** Has AWS refuse to delete the database. */
  deletionProtection: boolean;
}

/** PostgreSQL on RDS, encrypted and in private subnets, which talks TLS only and with pods only. */
export class Database extends pulumi.ComponentResource {
  /** Connection URL with user and password, secret. Known when pods may connect. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: DatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:Database", name, {}, opts);
    const faults = instanceFaults(args.instance);
    if (faults.length > 0) {
      throw new pulumi.ResourceError(sentencesOf(faults), this, true);
    }
    const inParent = { parent: this };
    // Without a rule for it nothing goes out: the provider removes the one that AWS makes.
    const securityGroup = new aws.ec2.SecurityGroup(
      name,
      { vpcId: args.network.vpcId, description: `PostgreSQL of ${name}` },
      inParent,
    );
    const fromPods = new aws.vpc.SecurityGroupIngressRule(
      name,
      {
        securityGroupId: securityGroup.id,
        referencedSecurityGroupId: args.cluster.podSecurityGroupId,
        ipProtocol: "tcp",
        fromPort: PORT,
        toPort: PORT,
      },
      inParent,
    );
    // Letters and digits: they stand in a URL as they are.
    const password = new random.RandomPassword(name, { length: 32, special: false }, inParent);
    const instance = this.#instance(name, args, securityGroup, password);

    this.url = pulumi.secret(
      pulumi
        .all([password.result, instance.address, fromPods.id])
        .apply(([secret, host]) => `postgres://${NAME}:${secret}@${host}:${PORT}/${NAME}`),
    );
    this.registerOutputs({ url: this.url });
  }

  #instance(
    name: string,
    { network, instance, deletionProtection }: DatabaseArgs,
    securityGroup: aws.ec2.SecurityGroup,
    password: random.RandomPassword,
  ): aws.rds.Instance {
    const subnets = new aws.rds.SubnetGroup(
      name,
      { subnetIds: network.privateSubnetIds },
      { parent: this },
    );
    const [major] = instance.postgresVersion.split(".");
    const parameters = new aws.rds.ParameterGroup(
      name,
      { family: `postgres${major}`, parameters: [{ name: "rds.force_ssl", value: "1" }] },
      // Not protected: a major version has one of its own.
      { parent: this, protect: false },
    );
    return new aws.rds.Instance(
      name,
      {
        engine: "postgres",
        engineVersion: instance.postgresVersion,
        // A minor version that is named is meant.
        autoMinorVersionUpgrade: !instance.postgresVersion.includes("."),
        // Who raises the version wants it; without this AWS would refuse.
        allowMajorVersionUpgrade: true,
        // What `pulumi up` reports as done is done, and not in the next maintenance window.
        applyImmediately: true,
        instanceClass: instance.instanceClass,
        multiAz: instance.multiAz,
        storageType: "gp3",
        allocatedStorage: instance.storageGiB,
        // Below it AWS takes no number; beyond it an instance that grew would keep one that AWS refuses.
        ...(instance.storageGiB < STRIPED_GIB ? {} : { iops: STRIPED_IOPS }),
        maxAllocatedStorage: instance.storageGiB * STORAGE_GROWTH,
        storageEncrypted: true,
        dbName: NAME,
        username: NAME,
        password: password.result,
        port: PORT,
        dbSubnetGroupName: subnets.name,
        vpcSecurityGroupIds: [securityGroup.id],
        publiclyAccessible: false,
        parameterGroupName: parameters.name,
        // The CA in the bundle by which the app verifies the server.
        caCertIdentifier: "rds-ca-rsa2048-g1",
        backupRetentionPeriod: instance.backupDays,
        deleteAutomatedBackups: true,
        copyTagsToSnapshot: true,
        deletionProtection,
        skipFinalSnapshot: !instance.finalSnapshot,
        ...(instance.finalSnapshot ? { finalSnapshotIdentifier: this.#snapshotName(name) } : {}),
      },
      { parent: this },
    );
  }

  /** Another one for each database that is ever made, for the snapshots of all stay. */
  #snapshotName(name: string): pulumi.Output<string> {
    // Not protected: it goes when no snapshot is wanted any more.
    const opts = { parent: this, protect: false };
    const id = new random.RandomId(`${name}-final-snapshot`, { byteLength: 4 }, opts);
    return pulumi.interpolate`${name}-final-${id.hex}`;
  }
}
