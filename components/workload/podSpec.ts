import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { APP_PORT } from "../../app/contract/endpoints.ts";
import { gracePeriodSeconds } from "../../app/contract/lifecycle.ts";
import type { Complete } from "../defaults.ts";
import { LISTENER_DEFAULTS } from "../front/listener.ts";
import { containerResources, type FargateSize } from "./fargateSize.ts";
import { CONTAINER_SECURITY, podSecurity } from "./restricted.ts";

/** What a server is, whatever its image. */
export interface ServerArgs {
  /** Words that replace the image's own command. @default - the image's */
  command?: readonly string[] | undefined;
  /** TCP port that the server listens on, also passed as `PORT`. @default 8080 */
  port?: number | undefined;
  /** Path that answers 200 while the server accepts new work. @default / */
  readinessPath?: string | undefined;
  /** Path that answers 200 while the server is alive. @default - whether the port accepts connections */
  livenessPath?: string | undefined;
  /** Unprivileged user and group that the server runs as, instead of the image's. @default 1000 */
  user?: number | undefined;
  /** Absolute paths of empty folders that the server may write to; the rest of its file system is read-only. @default [] */
  writableFolders?: readonly string[] | undefined;
  /**
   * Seconds for which a pod still accepts new connections when it stops: at least 150 with affinity `source-ip` or `none`, 60 with
   * `cookie`, 10 with `key`. @default 150
   */
  drainSeconds?: number | undefined;
  /**
   * How it does so: with `drains` the server itself goes on for `DRAIN_SECONDS` after SIGTERM; with `sleep` it gets SIGTERM
   * only after them. @default sleep
   */
  shutdown?: "drains" | "sleep" | undefined;
}

export const SERVER_DEFAULTS = {
  port: APP_PORT.number,
  readinessPath: LISTENER_DEFAULTS.readinessPath,
  user: 1000,
  writableFolders: [],
  drainSeconds: 150,
  shutdown: "sleep",
} as const satisfies ServerArgs;

export interface PodArgs extends Complete<ServerArgs, typeof SERVER_DEFAULTS> {
  /** Image for linux/amd64. */
  image: pulumi.Input<string>;
  /** Environment variables, in addition to `PORT`, `REPLICA_NAME` and, if it drains, `DRAIN_SECONDS`. */
  environment: Readonly<Record<string, string>>;
  /** Names of Secrets whose entries become environment variables. */
  secretNames: readonly pulumi.Input<string>[];
  /** Size of each pod. */
  size: FargateSize;
}

/** A pod of a server under the Pod Security Standard `restricted`. */
export function podSpec(
  name: string,
  args: PodArgs,
  serviceAccountName: pulumi.Input<string>,
): k8s.types.input.core.v1.PodSpec {
  const { drainSeconds, livenessPath, port, secretNames, shutdown, writableFolders } = args;
  const drains = shutdown === "drains";
  const get = (path: string) => ({
    httpGet: { path, port: APP_PORT.name, scheme: "HTTP" },
    timeoutSeconds: 5,
  });
  const alive =
    livenessPath === undefined
      ? { tcpSocket: { port: APP_PORT.name }, timeoutSeconds: 5 }
      : get(livenessPath);
  const volumes = writableFolders.map((mountPath, index) => ({
    name: `folder-${index}`,
    mountPath,
  }));
  return {
    serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: gracePeriodSeconds(drainSeconds),
    securityContext: podSecurity(args.user),
    containers: [
      {
        name,
        image: args.image,
        ...(args.command === undefined ? {} : { command: args.command.map(literal) }),
        ports: [{ name: APP_PORT.name, containerPort: port }],
        env: [
          ...Object.entries(args.environment).map(([variable, value]) => ({
            name: variable,
            value: literal(value),
          })),
          { name: "PORT", value: String(port) },
          ...(drains ? [{ name: "DRAIN_SECONDS", value: String(drainSeconds) }] : []),
          { name: "REPLICA_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
        ],
        ...(secretNames.length === 0
          ? {}
          : { envFrom: secretNames.map((secret) => ({ secretRef: { name: secret } })) }),
        resources: containerResources(args.size),
        ...(drains ? {} : { lifecycle: { preStop: { sleep: { seconds: drainSeconds } } } }),
        startupProbe: { ...alive, periodSeconds: 2, failureThreshold: 60 },
        readinessProbe: { ...get(args.readinessPath), periodSeconds: 5, failureThreshold: 2 },
        livenessProbe: { ...alive, periodSeconds: 10, failureThreshold: 6 },
        securityContext: CONTAINER_SECURITY,
        ...(volumes.length === 0 ? {} : { volumeMounts: volumes }),
      },
    ],
    ...(volumes.length === 0
      ? {}
      : { volumes: volumes.map((volume) => ({ name: volume.name, emptyDir: {} })) }),
  };
}

/** Text that Kubernetes passes on as it is: it would replace `$(NAME)`, and `$$` by `$`. */
function literal(text: string): string {
  return text.replaceAll("$", "$$$$");
}
