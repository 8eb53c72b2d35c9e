import { STATUS_CODES } from "node:http";
import type { KeyRoute, KeySource } from "../../app/contract/keyRoute.ts";
import {
  BODY_SECONDS,
  HEADERS_SECONDS,
  MAX_BODY_BYTES,
  MAX_HEAD_BYTES,
  MAX_HEADERS_BYTES,
  MAX_URL_BYTES,
} from "../../app/contract/requestLimits.ts";
import { REPLICA_LOST, REQUEST_PROBLEMS } from "../../app/contract/requestProblems.ts";

/** Where clients arrive, by the load balancer: every connection begins with a PROXY header. */
export const ROUTER_PORT = { name: "http", number: 8080 };

/** Where the kubelet and Prometheus ask, without PROXY header. */
export const PROBE_PORT = { name: "probes", number: 8404 };

/** Path by which the load balancer checks a router. */
export const ROUTER_READINESS_PATH = "/router/readyz";

/** Seconds that requests and WebSockets have to end when a router stops. */
export const HARD_STOP_SECONDS = 60;

/** Connections of clients at most: with a full buffer in both directions each they need some 195 MiB. */
const MAX_CONNECTIONS = 1500;

/** Connections that only probes get: a router that is full is not broken. */
const PROBE_CONNECTIONS = 100;

/** What is answered without a replica, by status, see RFC 9457. */
const PROBLEMS = {
  ...REQUEST_PROBLEMS,
  500: "the request failed; the reason is in the router log",
  502: REPLICA_LOST,
  503: "no replica is ready, and none has received the request; repeat it in 5 s",
  504: "the replica timed out; it may still carry out the request",
} as const;

type ProblemStatus = keyof typeof PROBLEMS;

/** Those that HAProxy answers by itself. */
const ERRORS: readonly ProblemStatus[] = [400, 408, 500, 502, 503, 504];

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
  // A plus before the number stands for another server.
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
  /** Replicas at most: those that are not there are just down. */
  replicas: number;
  /** Port of the replicas. */
  port: number;
  /** Path of the replicas' readiness check. */
  readinessPath: string;
  /** Whether clients come by TLS, which ends before the router. */
  isTls: boolean;
}

/**
 * A configuration of HAProxy 3.4 by which requests with a key go to the replica of the key, by consistent hash,
 * and all others are spread. Two routers agree without knowing each other: a replica's place on the ring comes from
 * its `id`, and so neither from the order of the lines, nor from DNS, nor from the number of replicas.
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
  timeout client 60s
  timeout client-fin 10s
  timeout http-request ${HEADERS_SECONDS}s
  timeout http-keep-alive 60s
  timeout connect 3s
  timeout check 3s
  timeout server 60s
  timeout server-fin 10s
  timeout tunnel 1h
  # Browsers open connections beforehand.
  option http-ignore-probes
  option dontlognull
  # A client that sends on an idle connection is answered, and only then sent elsewhere.
  option idle-close-on-response
  # Clients that end their side after a request, as scripts do, wait for the answer.
  no option abortonclose
  # What may have reached a replica is not sent again.
  retries 3
  retry-on conn-failure
  option redispatch
  http-reuse safe
${indented(errors())}

resolvers cluster
  parse-resolv-conf
  timeout resolve 2s
  # A name that is gone frees an address that another pod may get. A name server that is gone says nothing of pods.
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
  acl has_key var(txn.key) -m found
${indented(args.routes.flatMap(routeRules))}
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
  # Not before its checks have passed: its name is there before it is ready.
  default-server init-state fully-down
${indented(servers.map(({ line }) => line))}

backend spread
  no log
  balance leastconn
  default-server resolvers cluster resolve-prefer ipv4 init-addr none
${indented(servers.map(({ name, line }) => `${line} track keyed/${name}`))}
`;
}

/** Has the requests of a route get their key, where no route before it gave them one. */
function routeRules(route: KeyRoute, index: number): string[] {
  const { key, methods, path } = route;
  const [method, place] = [`method_${index}`, `path_${index}`];
  const condition = `if ${method} ${place}`;
  const match = key.from === "path" ? `-m beg ${folderOf(path)}` : `-m str ${path}`;
  const isTooLarge = `{ req.body_size gt ${MAX_BODY_BYTES} }`;
  return [
    `acl ${method} method ${methods.join(" ")}`,
    `acl ${place} path,url_dec ${match}`,
    ...(key.from === "json"
      ? [
          // By its announced length first, then by what has come of a body of unknown length.
          `http-request ${refusal(413)} ${condition} ${isTooLarge}`,
          `http-request wait-for-body time ${BODY_SECONDS}s ${condition}`,
          `http-request ${refusal(413)} ${condition} ${isTooLarge}`,
        ]
      : []),
    `http-request set-var(txn.key,ifnotempty) ${keyExpression(route)} ${condition} !has_key`,
  ];
}

/** A key that is empty, or that HAProxy cannot read, is none. */
function keyExpression({ key, normalise, path }: KeyRoute): string {
  const converters = normalise === "identifier" ? ",upper,regsub('[ -]','',g)" : "";
  return `${fetchKey(key, path)}${converters}`;
}

function fetchKey(key: KeySource, path: string): string {
  switch (key.from) {
    case "json":
      return `req.body,json_query('$.${key.field}')`;
    case "header":
      return `req.fhdr(${key.header})`;
    case "cookie":
      return `req.cook(${key.cookie})`;
    case "path":
      // Decoded only when it is a segment by itself: in a key a slash may be encoded.
      return `path,field(${folderOf(path).split("/").length},/),url_dec`;
  }
}

/** A path as what stands before a segment. */
function folderOf(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}

/** The replicas, each at the name that it keeps. */
function serversOf({ namespace, port, replicas, serviceName, statefulSet }: HaproxyConfigArgs) {
  return Array.from({ length: replicas }, (_, ordinal) => {
    const name = `${statefulSet}-${ordinal}`;
    const host = `${name}.${serviceName}.${namespace}.svc.cluster.local`;
    return { name, line: `server ${name} ${host}:${port} id ${ordinal + 1}` };
  });
}

/** What HAProxy answers where it finds a fault itself. */
function errors(): string[] {
  return ERRORS.map((status) => {
    const retryAfter = status === 503 ? " hdr Retry-After 5" : "";
    return `http-error status ${status} ${problem(status)}${retryAfter}`;
  });
}

function refusal(status: ProblemStatus): string {
  return `return status ${status} ${problem(status)}`;
}

function problem(status: ProblemStatus): string {
  const title = STATUS_CODES[status];
  const body = { type: "about:blank", title, status, detail: PROBLEMS[status] };
  return `content-type application/problem+json string '${JSON.stringify(body)}'`;
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join("\n");
}
