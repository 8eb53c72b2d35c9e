import type { IncomingMessage } from "node:http";
import { get } from "node:https";
import { json } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { QUESTION_MS } from "./aws.ts";
import { ask } from "./command.ts";
import type { State } from "./state.ts";

/** Where the load balancer controller runs. */
const NAMESPACE = "kube-system";
const CONTROLLER = "aws-load-balancer-controller";

/** Components with the kubeconfig of the stack's cluster. */
const CLUSTERS = ["eks:index:Cluster", "sockjs-sticky:index:ExistingCluster"];

/** The stack's EKS cluster, by its kubeconfig, which contains no credential. */
export interface Cluster {
  name: string;
  region: string;
  /** URL of the API server. */
  server: string;
  certificateAuthority: Buffer;
  /** The command that gets a token. */
  login: { command: string; args: string[] };
}

interface Kubeconfig {
  clusters: [{ cluster: { server: string; "certificate-authority-data": string } }];
  users: [{ user: { exec: Cluster["login"] } }];
}

/** The cluster in the state, which is kept until its component is deleted, even if a refresh found the cluster gone. */
export function clusterOf({ resources = [] }: State): Cluster | undefined {
  const component = resources.find(({ type }) => CLUSTERS.includes(type));
  if (component?.outputs?.kubeconfig === undefined) {
    return undefined;
  }
  const { clusters, users } = component.outputs.kubeconfig as Kubeconfig;
  const [{ cluster }] = clusters;
  const login = users[0].user.exec;
  const options = { "cluster-name": { type: "string" }, region: { type: "string" } } as const;
  const { values } = parseArgs({ args: login.args, options, strict: false });
  return {
    name: String(values["cluster-name"]),
    region: String(values.region),
    server: cluster.server,
    certificateAuthority: Buffer.from(cluster["certificate-authority-data"], "base64"),
    login,
  };
}

/** Whether the cluster was deleted outside of Pulumi; false if unknown. */
export async function isGone({ name, region }: Cluster): Promise<boolean> {
  const where = ["--name", name, "--region", region];
  const { error } = await ask("aws", ["eks", "describe-cluster", ...where], QUESTION_MS);
  return error.includes("(ResourceNotFoundException)");
}

/**
 * The fault of a controller without a ready pod: its load balancers, and so their Services and Ingresses, would never be deleted.
 * Undefined if there are none, or if the controller's state is unknown.
 */
export async function controllerFault(
  cluster: Cluster,
  { resources = [] }: State,
): Promise<string | undefined> {
  const isBalanced = resources.some(
    ({ type, inputs }) =>
      type === "kubernetes:networking.k8s.io/v1:Ingress" ||
      (inputs?.spec as { type?: string } | undefined)?.type === "LoadBalancer",
  );
  const pods = isBalanced ? await controllerPods(cluster) : undefined;
  return pods === undefined || pods.ready > 0
    ? undefined
    : [
        `the load balancer controller has ${pods.ready} ready pods of ${pods.wanted}; it must have at least 1: otherwise the load balancers of this stack are not deleted, and pulumi destroy waits for each of them until it times out`,
        `find out why: kubectl describe pods --namespace ${NAMESPACE} --selector app.kubernetes.io/name=${CONTROLLER}`,
        "repair it, for example with npm run up, or continue without it as described in docs/deploy.md",
      ].join("\n");
}

/** The controller's Deployment. */
interface Deployment {
  spec: { replicas: number };
  status: { readyReplicas?: number };
}

/** The controller's pods; undefined if the API server does not respond. */
async function controllerPods(
  cluster: Cluster,
): Promise<{ ready: number; wanted: number } | undefined> {
  const path = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/${CONTROLLER}`;
  try {
    const { statusCode, body } = await getFrom(cluster, path);
    if (statusCode === 404) {
      return { ready: 0, wanted: 0 };
    }
    const { spec, status } = body as Deployment;
    return { ready: status.readyReplicas ?? 0, wanted: spec.replicas };
  } catch {
    return undefined;
  }
}

/** Requests a path of the API server with a token of the AWS CLI, as kubectl and Pulumi do. */
async function getFrom(
  { server, certificateAuthority, login }: Cluster,
  path: string,
): Promise<{ statusCode: number | undefined; body: unknown }> {
  const { output } = await ask(login.command, login.args, QUESTION_MS);
  const { status } = JSON.parse(output) as { status: { token: string } };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = {
      ca: certificateAuthority,
      headers: { Authorization: `Bearer ${status.token}`, Accept: "application/json" },
      signal: AbortSignal.timeout(QUESTION_MS),
    };
    get(new URL(path, server), options, resolve).on("error", reject);
  });
  return { statusCode: response.statusCode, body: await json(response) };
}
