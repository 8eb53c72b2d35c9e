import { deepEqual, equal } from "node:assert/strict";
import {
  serviceAnnotations,
  type NetworkListener,
} from "../../../components/front/nlbAnnotations.ts";

const ARGS: NetworkListener = {
  affinity: "source-ip",
  scheme: "internet-facing",
  sourceRanges: ["198.51.100.0/24"],
  crossZone: true,
  idleTimeoutSeconds: 350,
  readinessPath: "/readyz",
  tlsPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
};

const CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/a1b2";

/** Without the prefix that all have. */
function annotations(changes: Partial<NetworkListener> = {}): Record<string, unknown> {
  const prefix = "service.beta.kubernetes.io/aws-load-balancer-";
  return Object.fromEntries(
    Object.entries(serviceAnnotations({ ...ARGS, ...changes })).map(([key, value]) => [
      key.startsWith(prefix) ? key.slice(prefix.length) : `not ours: ${key}`,
      typeof value === "string" ? value : "not known yet",
    ]),
  );
}

const TARGETS_UNTIL_DRAINED = [
  "deregistration_delay.timeout_seconds=120",
  "deregistration_delay.connection_termination.enabled=false",
  "target_health_state.unhealthy.connection_termination.enabled=false",
  "preserve_client_ip.enabled=false",
];

const COMMON = {
  "nlb-target-type": "ip",
  scheme: "internet-facing",
  attributes: "load_balancing.cross_zone.enabled=true,access_logs.s3.enabled=false",
  "target-group-attributes": [
    "stickiness.enabled=true",
    "stickiness.type=source_ip",
    ...TARGETS_UNTIL_DRAINED,
  ].join(","),
  "healthcheck-protocol": "http",
  "healthcheck-path": "/readyz",
  "healthcheck-port": "traffic-port",
  "healthcheck-success-codes": "200",
  "healthcheck-interval": "10",
  "healthcheck-timeout": "6",
  "healthcheck-healthy-threshold": "2",
  "healthcheck-unhealthy-threshold": "2",
  "backend-protocol": "tcp",
};

const TCP = { ...COMMON, "listener-attributes.TCP-80": "tcp.idle_timeout.seconds=350" };

const TLS = {
  ...COMMON,
  "ssl-cert": CERTIFICATE,
  "ssl-ports": "443",
  "ssl-negotiation-policy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
};

describe("NLB annotations", () => {
  it("configure a TCP listener that is sticky by source address", () => {
    deepEqual(annotations(), TCP);
  });

  it("turn stickiness explicitly off, and change nothing else, without affinity", () => {
    deepEqual(annotations({ affinity: "none" }), {
      ...TCP,
      "target-group-attributes": ["stickiness.enabled=false", ...TARGETS_UNTIL_DRAINED].join(","),
    });
  });

  it("configure a TLS listener with TCP targets, and omit the idle timeout, with a certificate", () => {
    deepEqual(annotations({ certificateArn: CERTIFICATE }), TLS);
  });

  it("pass the TLS policy on", () => {
    const tlsPolicy = "ELBSecurityPolicy-TLS13-1-3-2021-06";
    const named = annotations({ certificateArn: CERTIFICATE, tlsPolicy });
    equal(named["ssl-negotiation-policy"], tlsPolicy);
  });

  it("turn access logs on with a bucket", () => {
    deepEqual(annotations({ certificateArn: CERTIFICATE, accessLogsBucket: "echo-logs" }), {
      ...TLS,
      attributes:
        "load_balancing.cross_zone.enabled=true,access_logs.s3.enabled=true,access_logs.s3.bucket=echo-logs",
    });
  });

  it("send targets the client's address, and change nothing else, with PROXY protocol", () => {
    deepEqual(annotations({ proxyProtocol: true }), {
      ...TCP,
      "target-group-attributes": `${TCP["target-group-attributes"]},proxy_protocol_v2.enabled=true`,
    });
    deepEqual(annotations({ proxyProtocol: false }), TCP);
  });

  it("pass scheme, zones, idle timeout and health check path on", () => {
    const given = { scheme: "internal", crossZone: false, idleTimeoutSeconds: 60 } as const;
    deepEqual(annotations({ ...given, readinessPath: "/ready" }), {
      ...TCP,
      scheme: "internal",
      attributes: "load_balancing.cross_zone.enabled=false,access_logs.s3.enabled=false",
      "healthcheck-path": "/ready",
      "listener-attributes.TCP-80": "tcp.idle_timeout.seconds=60",
    });
  });

  it("have a deregistration delay that is shorter than the shortest drain", () => {
    const seconds = /timeout_seconds=(\d+)/.exec(String(annotations()["target-group-attributes"]));
    equal(Number(seconds?.[1]) < 150, true);
  });
});
