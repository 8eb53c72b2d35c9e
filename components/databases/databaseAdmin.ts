import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Database } from "../database.ts";
import { rootCertificates } from "./rdsCertificates.ts";

/** The entry of the ConfigMap with the certificates. */
export const CERTIFICATES_FILE = "rds.pem";

export interface DatabaseAdminArgs {
  /** The database that is administered. */
  database: Pick<Database, "connection">;
}

/**
 * The namespace in which Jobs administer a database, because Pulumi cannot reach private subnets. The administrator's password is in no
 * other namespace.
 */
export class DatabaseAdmin extends pulumi.ComponentResource {
  /** Namespace of the Jobs. */
  readonly namespace: pulumi.Output<string>;
  /** Name of the Secret with the administrator's connection, as environment variables of psql. */
  readonly secretName: pulumi.Output<string>;
  /** Name of the ConfigMap with the certificates that verify the server. */
  readonly certificatesName: pulumi.Output<string>;
  /** Host name of the server. */
  readonly host: pulumi.Output<string>;
  /** TCP port of the server. */
  readonly port: number;

  constructor(name: string, args: DatabaseAdminArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:DatabaseAdmin", name, {}, opts);
    const { database, host, password, port, user } = args.database.connection;
    const inParent = { parent: this };
    const namespace = new k8s.core.v1.Namespace(
      name,
      {
        metadata: {
          name: `${name}-databases`,
          labels: { "pod-security.kubernetes.io/enforce": "restricted" },
        },
      },
      inParent,
    );
    this.namespace = namespace.metadata.name;
    // Pulumi chooses the names of both, and other ones for other contents, which replaces the Jobs.
    const metadata = { namespace: this.namespace };
    const secret = new k8s.core.v1.Secret(
      `${name}-database-admin`,
      {
        metadata,
        stringData: {
          PGHOST: host,
          PGPORT: String(port),
          PGDATABASE: database,
          PGUSER: user,
          PGPASSWORD: password,
        },
      },
      inParent,
    );
    const certificates = new k8s.core.v1.ConfigMap(
      `${name}-database-certificates`,
      { metadata, data: { [CERTIFICATES_FILE]: rootCertificates() } },
      inParent,
    );
    this.secretName = secret.metadata.name;
    this.certificatesName = certificates.metadata.name;
    this.host = host;
    this.port = port;
    this.registerOutputs({
      namespace: this.namespace,
      secretName: this.secretName,
      certificatesName: this.certificatesName,
      host: this.host,
      port: this.port,
    });
  }
}
