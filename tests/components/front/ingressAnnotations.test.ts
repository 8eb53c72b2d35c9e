import { deepEqual, equal } from "node:assert/strict";
import { sentenceOf } from "../../../app/contract/fault.ts";
import {
  ingressAnnotations,
  ingressFaults,
  type ApplicationListener,
} from "../../../components/front/ingressAnnotations.ts";

const ARGS: ApplicationListener = {
  cookie: { name: "com-sticky", seconds: 172_800 },
  idleTimeoutSeconds: 90,
  scheme: "internet-facing",
  sourceRanges: ["198.51.100.0/24", "203.0.113.0/24"],
  readinessPath: "/readyz",
  tlsPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
};

const CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/a1b2";
const WEB_ACL = "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/apps/a1b2";

/** Without the prefix that all have. */
function annotations(changes: Partial<ApplicationListener> = {}): Record<string, unknown> {
  const prefix = "alb.ingress.kubernetes.io/";
  return Object.fromEntries(
    Object.entries(ingressAnnotations({ ...ARGS, ...changes })).map(([key, value]) => [
      key.startsWith(prefix) ? key.slice(prefix.length) : `not ours: ${key}`,
      typeof value === "string" ? value : "not known yet",
    ]),
  );
}

function faults(changes: Partial<ApplicationListener>): string[] {
  return ingressFaults({ ...ARGS, ...changes }).map(sentenceOf);
}

const COMMON = {
  "target-type": "ip",
  scheme: "internet-facing",
  "inbound-cidrs": "198.51.100.0/24,203.0.113.0/24",
  "load-balancer-attributes":
    "idle_timeout.timeout_seconds=90,routing.http.drop_invalid_header_fields.enabled=true,access_logs.s3.enabled=false",
  "target-group-attributes": [
    "stickiness.enabled=true",
    "stickiness.type=app_cookie",
    "stickiness.app_cookie.cookie_name=com-sticky",
    "stickiness.app_cookie.duration_seconds=172800",
    "deregistration_delay.timeout_seconds=60",
  ].join(","),
  "backend-protocol": "HTTP",
  "healthcheck-protocol": "HTTP",
  "healthcheck-path": "/readyz",
  "healthcheck-port": "traffic-port",
  "success-codes": "200",
  "healthcheck-interval-seconds": "10",
  "healthcheck-timeout-seconds": "6",
  "healthy-threshold-count": "2",
  "unhealthy-threshold-count": "2",
  "wafv2-acl-arn": "none",
};

const HTTP = { ...COMMON, "listen-ports": '[{"HTTP":80}]' };

describe("ALB annotations", () => {
  it("configure an HTTP listener that is sticky by the app's cookie", () => {
    deepEqual(annotations(), HTTP);
  });

  it("configure an HTTPS listener, to which HTTP redirects, with a certificate", () => {
    deepEqual(annotations({ certificateArn: CERTIFICATE }), {
      ...COMMON,
      "listen-ports": '[{"HTTP":80},{"HTTPS":443}]',
      "ssl-redirect": "443",
      "certificate-arn": CERTIFICATE,
      "ssl-policy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
    });
  });

  it("pass the TLS policy on", () => {
    const tlsPolicy = "ELBSecurityPolicy-TLS13-1-3-2021-06";
    equal(annotations({ certificateArn: CERTIFICATE, tlsPolicy })["ssl-policy"], tlsPolicy);
  });

  it("turn access logs on with a bucket, and explicitly off without one", () => {
    deepEqual(annotations({ accessLogsBucket: "apps-logs" }), {
      ...HTTP,
      "load-balancer-attributes":
        "idle_timeout.timeout_seconds=90,routing.http.drop_invalid_header_fields.enabled=true,access_logs.s3.enabled=true,access_logs.s3.bucket=apps-logs",
    });
  });

  it("attach the configured web ACL, and explicitly detach any other", () => {
    deepEqual(annotations({ webAclArn: WEB_ACL }), { ...HTTP, "wafv2-acl-arn": WEB_ACL });
  });

  it("pass cookie, scheme, ranges and health check path on", () => {
    const given = {
      cookie: { name: "doc-sticky", seconds: 1 },
      scheme: "internal",
      sourceRanges: ["10.0.0.0/8"],
      readinessPath: "/ready",
    } as const;
    deepEqual(annotations({ ...given, sourceRanges: [...given.sourceRanges] }), {
      ...HTTP,
      "target-group-attributes": HTTP["target-group-attributes"]
        .replace("com-sticky", "doc-sticky")
        .replace("172800", "1"),
      scheme: "internal",
      "inbound-cidrs": "10.0.0.0/8",
      "healthcheck-path": "/ready",
    });
  });

  it("let the load balancer set a cookie of its own if the app has none", () => {
    deepEqual(annotations({ cookie: { seconds: 3600 } }), {
      ...HTTP,
      "target-group-attributes": HTTP["target-group-attributes"]
        .replace("stickiness.app_cookie.cookie_name=com-sticky,", "")
        .replaceAll("app_cookie", "lb_cookie")
        .replace("172800", "3600"),
    });
  });

  it("have a deregistration delay that is shorter than the shortest drain", () => {
    const seconds = /timeout_seconds=(\d+)/.exec(String(annotations()["target-group-attributes"]));
    equal(Number(seconds?.[1]) < 150, true);
  });
});

describe("faults of an ALB's arguments", () => {
  it("are none for the limits of AWS", () => {
    for (const changes of [
      {},
      { cookie: { name: "a", seconds: 1 } },
      { cookie: { name: "__Host-A.1_b!#$%&'*+^`|~", seconds: 604_800 } },
      { cookie: { name: "my-AWSALB", seconds: 2 } },
      { sourceRanges: ["0.0.0.0/0"] },
      { webAclArn: WEB_ACL },
      { webAclArn: "arn:aws-us-gov:wafv2:us-gov-west-1:111122223333:regional/webacl/a_b/1-2" },
    ]) {
      deepEqual(faults(changes), [], JSON.stringify(changes));
    }
  });

  for (const name of ["AWSALB", "AWSALBAPP-0", "AWSALBTG"]) {
    it(`report the cookie ${name}, a name of the load balancer's own`, () => {
      deepEqual(faults({ cookie: { name, seconds: 1 } }), [
        `cookie.name is "${name}"; it must be a name that does not begin with AWSALB, because the load balancer uses such names (for example com-sticky)`,
      ]);
    });
  }

  for (const name of ["", "com sticky", "com,sticky", "com=sticky", "com;sticky", "köln", "a\n"]) {
    it(`report the cookie ${JSON.stringify(name)}, which is not a token`, () => {
      deepEqual(faults({ cookie: { name, seconds: 1 } }), [
        `cookie.name is ${JSON.stringify(name)}; it must be letters, digits and !#$%&'*+-.^_\`|~ (for example com-sticky)`,
      ]);
    });
  }

  for (const idleTimeoutSeconds of [0, 4001, 1.5, NaN]) {
    it(`report an idle timeout of ${idleTimeoutSeconds} seconds`, () => {
      deepEqual(faults({ idleTimeoutSeconds }), [
        `idleTimeoutSeconds is ${idleTimeoutSeconds}; it must be a whole number from 1 to 4000 (for example 1)`,
      ]);
    });
  }

  for (const seconds of [0, -1, 604_801, 1.5, NaN]) {
    it(`report a cookie lifetime of ${seconds} seconds`, () => {
      deepEqual(faults({ cookie: { name: "com-sticky", seconds } }), [
        `cookie.seconds is ${seconds}; it must be a whole number from 1 to 604800 (for example 1)`,
      ]);
    });
  }

  it("report an empty list of ranges, which would admit everybody", () => {
    deepEqual(faults({ sourceRanges: [] }), [
      "sourceRanges is []; it must be at least one CIDR block, because the load balancer would be open to all without one (for example [198.51.100.0/24])",
    ]);
  });

  for (const webAclArn of [
    WEB_ACL.replace("regional", "global"),
    WEB_ACL.replace("wafv2", "waf"),
    `${WEB_ACL}/x`,
    `x${WEB_ACL}`,
    "none",
    "",
  ]) {
    it(`report the web ACL ${JSON.stringify(webAclArn)}, which load balancers reject`, () => {
      deepEqual(faults({ webAclArn }), [
        `webAclArn is ${JSON.stringify(webAclArn)}; it must be the ARN of a regional web ACL (for example arn:aws:wafv2:us-east-1:111122223333:regional/webacl/apps/a1b2)`,
      ]);
    });
  }

  it("are all reported at once", () => {
    const cookie = { name: "AWSALB=", seconds: 0 };
    equal(faults({ cookie, sourceRanges: [], webAclArn: "none" }).length, 5);
  });
});
