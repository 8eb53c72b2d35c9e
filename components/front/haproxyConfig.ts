import type { KeyRoute } from "../../app/contract/keyRoute.ts";
import {
  HEADERS_SECONDS,
  MAX_HEAD_BYTES,
  MAX_HEADERS_BYTES,
  MAX_URL_BYTES,
} from "../../app/contract/requestLimits.ts";
import { keyRules } from "./haproxyKeyRules.ts";
import { errors, refusal } from "./haproxyProblems.ts";

/** The port for clients behind the load balancer: every connection begins with a PROXY header. */
export const ROUTER_PORT = { name: "http", number: 8080 };

/** The port for the kubelet and Prometheus, without a PROXY header. */
export const PROBE_PORT = { name: "probes", number: 8404 };

/** Path of the load balancer's health check. */
export const ROUTER_READINESS_PATH = "/router/readyz";

/** Seconds until open requests and WebSockets are closed when a router stops. */
export const HARD_STOP_SECONDS = 60;

/** Maximum number of client connections: with full buffers in both directions they need about 195 MiB. */
const MAX_CONNECTIONS = 1500;

/** Connections reserved for probes, because a full router is still healthy. */
const PROBE_CONNECTIONS = 100;

/** A JSON object for each request, without query, headers and body. */
const LOG_FORMAT = `{${[
  '"time":"%[date,utime(%Y-%m-%dT%H:%M:%SZ)]"',
  '"client":"%ci"',
  '"method":"%HM"',
  '"path":"%[var(txn.path),json(utf8s)]"',
  '"status":%ST',
  '"backend":"%b"',
  '"server":"%s"',
  '"milliseconds":%Ta',
  '"bytes":%B',
  // A plus before the number means that another server was chosen.
  '"retries":"%rc"',
  '"end":"%ts"',
].join(",")}}`;

export interface HaproxyConfigArgs {
  routes: readonly KeyRoute[];
  /** Name of the StatefulSet. */
  statefulSet: string;
  /** Name of the headless Service that governs it. */
  serviceName: string;
  namespace: string;
  /** Maximum number of replicas; those that do not exist are down. */
  replicas: number;
  /** Port of the replicas. */
  port: number;
  /** Path of the replicas' readiness check. */
  readinessPath: string;
  /** Whether clients use TLS, which the load balancer terminates. */
  isTls: boolean;
  /** Seconds for which a client, a replica and a WebSocket may send nothing. */
  idleTimeoutSeconds: number;
}

/**
 * A configuration of HAProxy 3.4 that routes requests with a key by consistent hashing, and spreads all others. Routers
 * agree without communicating: a replica's place on the ring depends only on its `id`, not on the order of the lines,
 * on DNS or on the number of replicas.
 *
 * Source: https://docs.haproxy.org/3.4/configuration.html
 */
export function haproxyConfig(args: HaproxyConfigArgs): string {
  const servers = serversOf(args);
  return `global
  log stdout len 4096 format raw local0 info
  maxconn ${MAX_CONNECTIONS + PROBE_CONNECTIONS}
  nbthread 1
  tune.bufsize ${MAX_HEAD_BYTES}
  hard-stop-after ${HARD_STOP_SECONDS}s

defaults
  mode http
  log global
  timeout client ${args.idleTimeoutSeconds}s
  timeout client-fin 10s
  timeout http-request ${HEADERS_SECONDS}s
  timeout http-keep-alive 60s
  timeout connect 3s
  timeout check 3s
  timeout server ${args.idleTimeoutSeconds}s
  timeout server-fin 10s
  timeout tunnel ${args.idleTimeoutSeconds}s
  # Browsers open connections in advance.
  option http-ignore-probes
  option dontlognull
  # A stopping router still answers a client that sends a request on an idle connection.
  option idle-close-on-response
  # Clients that half-close the connection after a request, as scripts do, wait for the response.
  no option abortonclose
  # A request that may have reached a replica is not retried.
  retries 3
  retry-on conn-failure
  option redispatch
  http-reuse safe
${indented(errors())}

resolvers cluster
  parse-resolv-conf
  timeout resolve 2s
  # Another pod may get the address of a name that no longer exists. A failed name server does not mean failed pods.
  hold nx 5s
  hold other 1h
  hold refused 1h
  hold timeout 1h

frontend clients
  bind :${ROUTER_PORT.number} accept-proxy
  maxconn ${MAX_CONNECTIONS}
  option disable-h2-upgrade
  monitor-uri ${ROUTER_READINESS_PATH}
  monitor fail if { nbsrv(keyed) lt 1 }
  log-format '${LOG_FORMAT}'
  http-request set-var(txn.path) path,bytes(0,512)
  http-request del-header Forwarded
  http-request del-header X-Forwarded- -m beg
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto ${args.isTls ? "https" : "http"}
  http-request ${refusal(414)} if { url,length gt ${MAX_URL_BYTES} }
  http-request ${refusal(431)} if { req.hdrs,length gt ${MAX_HEADERS_BYTES} }
${indented(keyRules(args.routes))}
  use_backend keyed if has_key
  default_backend spread

frontend probes
  bind :${PROBE_PORT.number}
  maxconn ${PROBE_CONNECTIONS}
  no log
  monitor-uri /readyz
  monitor fail if { nbsrv(keyed) lt 1 }
  http-request use-service prometheus-exporter if { path /metrics }
  http-request return status 200 if { path /healthz }
  http-request return status 404

backend keyed
  no log
  balance hash var(txn.key)
  hash-type consistent sdbm avalanche
  option httpchk
  http-check send meth GET uri ${args.readinessPath} ver HTTP/1.1 hdr Host ${args.serviceName}
  http-check expect status 200
  default-server check inter 2s fastinter 1s fall 2 rise 2 weight 100
  default-server resolvers cluster resolve-prefer ipv4 init-addr none
  # A replica has a name before it is ready, so it gets requests only after its checks have passed.
  default-server init-state fully-down
${indented(servers.map(({ line }) => line))}

backend spread
  no log
  balance leastconn
  default-server resolvers cluster resolve-prefer ipv4 init-addr none
${indented(servers.map(({ name, line }) => `${line} track keyed/${name}`))}
`;
}

/** The replicas, each by its stable name. */
function serversOf({ namespace, port, replicas, serviceName, statefulSet }: HaproxyConfigArgs) {
  return Array.from({ length: replicas }, (_, ordinal) => {
    const name = `${statefulSet}-${ordinal}`;
    const host = `${name}.${serviceName}.${namespace}.svc.cluster.local`;
    return { name, line: `server ${name} ${host}:${port} id ${ordinal + 1}` };
  });
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join("\n");
}
