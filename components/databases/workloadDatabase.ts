import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { sentencesOf, type Fault } from "../../app/contract/fault.ts";
import { workloadRole } from "../../app/contract/workloadRole.ts";
import type { Cluster } from "../cluster/fargateCluster.ts";
import { containerResources } from "../workload/fargateSize.ts";
import { CONTAINER_SECURITY, podSecurity } from "../workload/restricted.ts";
import { START_SECONDS } from "../workload/startDeadlines.ts";
import { CERTIFICATES_FILE, type DatabaseAdmin } from "./databaseAdmin.ts";
import { makeDatabase } from "./makeDatabase.ts";
import { scramVerifier } from "./scramVerifier.ts";

/** A DNS label. Kubernetes limits the Job's name, of which it is a part, and PostgreSQL those of role and database. */
const WORKLOAD_NAME = /^[a-z\d]([a-z\d-]{0,38}[a-z\d])?$/;

/** Hexadecimal digits of the hash in a Job's name. */
const HASH_DIGITS = 10;

/** Retries after 10, 20, 40, 80 and 160 s, which is longer than a failover of the database. */
const RETRIES = 5;

/** Seconds that Pulumi waits longer than the Job runs, so it reports the Job's own failure. */
const MARGIN_SECONDS = 60;

/** The image's user, which has no rights. */
const USER = 70;

const SIZE = { cpuMillicores: 250, memoryMiB: 512 };

const SCRIPT_FOLDER = "/script";
const SCRIPT_FILE = "make.sql";
const CERTIFICATES_FOLDER = "/certificates";

export interface WorkloadDatabaseArgs {
  /** Where the Job runs, and how it connects. */
  admin: Pick<DatabaseAdmin, "namespace" | "secretName" | "certificatesName" | "host" | "port">;
  /** The cluster that the Job runs in. */
  cluster: Pick<Cluster, "podLabels">;
  /** An official image of PostgreSQL, whose psql runs the statements. */
  image: pulumi.Input<string>;
}

/**
 * A workload's own database, of which its own role is the owner. No role can connect to another workload's database, nor to the one of the
 * built-in apps.
 *
 * A Job makes both, one for each workload, so a further workload does not touch the others. Nothing drops them: a workload that
 * is removed and added again has its data again, under another password.
 */
export class WorkloadDatabase extends pulumi.ComponentResource {
  /** Connection URL with user and password, secret. Known before the database exists: who connects must depend on this component. */
  readonly url: pulumi.Output<string>;

  /** @param name of the workload, a DNS label of at most 40 characters */
  constructor(name: string, args: WorkloadDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:WorkloadDatabase", name, {}, opts);
    const fault = nameFault(name);
    if (fault !== undefined) {
      throw new pulumi.ResourceError(sentencesOf([fault]), this, true);
    }
    const { host, port } = args.admin;
    const role = workloadRole(name);
    // Letters and digits only, which a URL does not encode.
    const password = new random.RandomPassword(
      name,
      { length: 32, special: false },
      { parent: this },
    );
    this.#job(name, args, this.#script(name, role, args, password.result));
    this.url = pulumi.secret(
      pulumi.interpolate`postgres://${role}:${password.result}@${host}:${port}/${role}`,
    );
    this.registerOutputs({ url: this.url });
  }

  /** The Secret with the statements, because they contain what PostgreSQL stores of the password. */
  #script(
    name: string,
    role: string,
    { admin }: WorkloadDatabaseArgs,
    password: pulumi.Output<string>,
  ): pulumi.Output<string> {
    const script = password.apply((secret) =>
      makeDatabase(role, scramVerifier(role, secret)).join("\n\n"),
    );
    const secret = new k8s.core.v1.Secret(
      name,
      {
        // Pulumi chooses the name, and another one for other contents, which replaces the Job.
        metadata: { namespace: admin.namespace },
        stringData: { [SCRIPT_FILE]: pulumi.secret(script) },
      },
      { parent: this },
    );
    return secret.metadata.name;
  }

  #job(
    name: string,
    { admin, cluster, image }: WorkloadDatabaseArgs,
    scriptName: pulumi.Output<string>,
  ): void {
    const labels = { "app.kubernetes.io/name": `${name}-database` };
    const template = {
      metadata: { labels: { ...cluster.podLabels, ...labels } },
      spec: podSpec(image, scriptName, admin),
    };
    const hash = pulumi
      .jsonStringify(template)
      .apply((text) => createHash("sha256").update(text).digest("hex").slice(0, HASH_DIGITS));
    new k8s.batch.v1.Job(
      name,
      {
        metadata: {
          // Kubernetes cannot change a Job. By another name, the next one has run before Pulumi deletes this one with its pods.
          name: pulumi.interpolate`${name}-${hash}`,
          namespace: admin.namespace,
          labels,
          // Otherwise a Job that failed would never run again.
          annotations: { "pulumi.com/replaceUnready": "true" },
        },
        // Without ttlSecondsAfterFinished: Pulumi would create a Job again that Kubernetes has removed.
        spec: { backoffLimit: RETRIES, activeDeadlineSeconds: START_SECONDS, template },
      },
      {
        parent: this,
        customTimeouts: { create: `${START_SECONDS + MARGIN_SECONDS}s` },
      },
    );
  }
}

function nameFault(name: string): Fault | undefined {
  return WORKLOAD_NAME.test(name)
    ? undefined
    : {
        name: "name of a workload with a database",
        got: name,
        mustBe: "1 to 40 lower-case letters, digits and hyphens, without a hyphen at its ends",
        example: "my-chat",
      };
}

/** A pod of psql under the Pod Security Standard `restricted`. */
function podSpec(
  image: pulumi.Input<string>,
  scriptName: pulumi.Input<string>,
  { certificatesName, secretName }: WorkloadDatabaseArgs["admin"],
): k8s.types.input.core.v1.PodSpec {
  return {
    // Fargate takes a minute to start another pod.
    restartPolicy: "OnFailure",
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // PostgreSQL rolls a statement back that was interrupted.
    terminationGracePeriodSeconds: 1,
    securityContext: podSecurity(USER),
    containers: [
      {
        name: "psql",
        image,
        command: [
          "psql",
          "--no-psqlrc",
          "--quiet",
          "--set=ON_ERROR_STOP=1",
          `--file=${SCRIPT_FOLDER}/${SCRIPT_FILE}`,
        ],
        env: [
          { name: "PGSSLMODE", value: "verify-full" },
          { name: "PGSSLROOTCERT", value: `${CERTIFICATES_FOLDER}/${CERTIFICATES_FILE}` },
          { name: "PGCONNECT_TIMEOUT", value: "10" },
        ],
        envFrom: [{ secretRef: { name: secretName } }],
        volumeMounts: [
          { name: "script", mountPath: SCRIPT_FOLDER, readOnly: true },
          { name: "certificates", mountPath: CERTIFICATES_FOLDER, readOnly: true },
        ],
        resources: containerResources(SIZE),
        securityContext: CONTAINER_SECURITY,
      },
    ],
    volumes: [
      { name: "script", secret: { secretName: scriptName } },
      { name: "certificates", configMap: { name: certificatesName } },
    ],
  };
}
