import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { sentencesOf } from "../app/contract/fault.ts";
import type { Cluster } from "./cluster/fargateCluster.ts";
import {
  INSTANCE_DEFAULTS,
  instanceFaults,
  STORAGE_GROWTH,
  type Instance,
  type InstanceArgs,
} from "./databaseInstance.ts";
import { withDefaults } from "./defaults.ts";
import { CA_IDENTIFIER } from "./databases/rdsCertificates.ts";
import type { Network } from "./network/vpc.ts";

/** Name of the built-in apps' database and of its user, who administers the instance. */
const NAME = "app";
const PORT = 5432;

/**
 * Size from which gp3 storage is striped across four volumes, and IOPS that it then has at least.
 *
 * Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html (gp3, PostgreSQL)
 */
const STRIPED_GIB = 400;
const STRIPED_IOPS = 12_000;

export interface DatabaseArgs {
  /** The database is in its private subnets. */
  network: Pick<Network, "vpcId" | "privateSubnetIds">;
  /** Only the pods of this cluster may connect. */
  cluster: Pick<Cluster, "podSecurityGroupId">;
  /** The RDS instance and its backups. @default {} */
  instance?: InstanceArgs | undefined;
  /** Makes AWS reject deleting the database. @default false */
  deletionProtection?: boolean | undefined;
}

/** How the instance's administrator connects. */
export interface AdminConnection {
  /** Host name of the server, known when pods can connect. */
  host: pulumi.Output<string>;
  /** TCP port of the server. */
  port: number;
  /** Name of the administrator. */
  user: string;
  /** Secret. */
  password: pulumi.Output<string>;
  /** The administrator's own database. */
  database: string;
}

/** PostgreSQL on RDS, encrypted, in private subnets, which accepts only TLS connections from pods. */
export class Database extends pulumi.ComponentResource {
  /** For Jobs that make other users and databases. */
  readonly connection: AdminConnection;
  /** Connection URL with user and password, secret. Known when pods can connect. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: DatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:Database", name, {}, opts);
    const settings = withDefaults(args.instance ?? {}, INSTANCE_DEFAULTS);
    const faults = instanceFaults(settings);
    if (faults.length > 0) {
      throw new pulumi.ResourceError(sentencesOf(faults), this, true);
    }
    const inParent = { parent: this };
    // Without egress: the provider removes the rule that AWS creates.
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
    // Letters and digits only, which a URL does not encode.
    const password = new random.RandomPassword(name, { length: 32, special: false }, inParent);
    const instance = this.#instance(name, args, settings, securityGroup, password);

    const host = pulumi.all([instance.address, fromPods.id]).apply(([address]) => address);
    const secret = pulumi.secret(password.result);
    this.connection = { host, port: PORT, user: NAME, password: secret, database: NAME };
    this.url = pulumi.secret(
      pulumi.interpolate`postgres://${NAME}:${secret}@${host}:${PORT}/${NAME}`,
    );
    this.registerOutputs({ connection: this.connection, url: this.url });
  }

  #instance(
    name: string,
    { network, deletionProtection = false }: DatabaseArgs,
    instance: Instance,
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
      // Not protected, because another major version needs another one.
      { parent: this, protect: false },
    );
    return new aws.rds.Instance(
      name,
      {
        engine: "postgres",
        engineVersion: instance.postgresVersion,
        // An explicit minor version is a pin.
        autoMinorVersionUpgrade: !instance.postgresVersion.includes("."),
        // Otherwise AWS rejects a change of the major version.
        allowMajorVersionUpgrade: true,
        // Otherwise AWS waits for the next maintenance window, after `pulumi up` has reported success.
        applyImmediately: true,
        instanceClass: instance.instanceClass,
        multiAz: instance.multiAz,
        storageType: "gp3",
        allocatedStorage: instance.storageGiB,
        // Below this size AWS rejects a number. Above it, an instance whose storage grew would keep a number that AWS rejects.
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
        caCertIdentifier: CA_IDENTIFIER,
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

  /** A name that no other database uses, because snapshots outlive their databases. */
  #snapshotName(name: string): pulumi.Output<string> {
    // Not protected, because it is deleted when `finalSnapshot` is turned off.
    const opts = { parent: this, protect: false };
    const id = new random.RandomId(`${name}-final-snapshot`, { byteLength: 4 }, opts);
    return pulumi.interpolate`${name}-final-${id.hex}`;
  }
}
