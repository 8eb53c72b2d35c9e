import * as k8s from "@pulumi/kubernetes";
import type {
  ReportViolation,
  ResourceValidationArgs,
  ResourceValidationPolicy,
} from "@pulumi/policy";
import { APP_NAMES, routingOf } from "../app/contract/catalogue.ts";
import type { AppCookie } from "../app/contract/httpRouting.ts";
import { attributes, INGRESS_PREFIX, objectsOf, SERVICE_PREFIX } from "./kubernetes.ts";
import { isWithin, named, ofType } from "./stack.ts";
import { demand, known, reportFault } from "./violation.ts";

/** Its routers agree on each key's replica, so a client may reach any of them. */
const KEY_ROUTER = "sockjs-sticky:index:KeyRouter";

/** Reads the annotations of a resource lazily: an unrelated one may be unknown. */
type Annotations = () => Record<string, string> | undefined;

/** Attributes that would close connections of clients. */
const NETWORK_TARGETS = {
  "deregistration_delay.connection_termination.enabled": "false",
  "target_health_state.unhealthy.connection_termination.enabled": "false",
};

/**
 * Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html,
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
 */
export const clientsStay: ResourceValidationPolicy = {
  name: "clients-stay",
  description: "A Network Load Balancer keeps every client on its replica.",
  validateResource: [
    (args, report) => demandNoPatch(args, "Service", SERVICE_PREFIX, report),
    ofType(k8s.core.v1.Service, (service, args, report) => {
      if (service.spec?.type !== "LoadBalancer") {
        return;
      }
      const owner = named(args);
      const annotations = () => service.metadata?.annotations;
      const targets = `${SERVICE_PREFIX}target-group-attributes`;
      demandTargetsByIp(owner, annotations, `${SERVICE_PREFIX}nlb-target-type`, report);
      const affinity: Record<string, string> = isWithin(args, KEY_ROUTER)
        ? {}
        : { "stickiness.enabled": "true", "stickiness.type": "source_ip" };
      demandAttributes(owner, annotations, targets, { ...affinity, ...NETWORK_TARGETS }, report);
      demandCrossZone(owner, annotations, targets, report);
      demandAttributes(
        owner,
        annotations,
        `${SERVICE_PREFIX}attributes`,
        { "load_balancing.cross_zone.enabled": "true" },
        report,
      );
    }),
  ],
};

/**
 * Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
 * (stickiness, and that it needs cross-zone load balancing),
 * https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/ (a Service's come first)
 */
export const browsersStay: ResourceValidationPolicy = {
  name: "browsers-stay",
  description:
    "An Application Load Balancer keeps every browser on its replica for as long as the browser has the app's cookie.",
  validateResource: [
    (args, report) => demandNoPatch(args, "Ingress", INGRESS_PREFIX, report),
    ofType(k8s.networking.v1.Ingress, (ingress, args, report) => {
      const owner = named(args);
      const annotations = () => ingress.metadata?.annotations;
      const targets = `${INGRESS_PREFIX}target-group-attributes`;
      demandTargetsByIp(owner, annotations, `${INGRESS_PREFIX}target-type`, report);
      const given = (name: string) => attributes(annotations(), targets)[name];
      demandAttributes(owner, annotations, targets, { "stickiness.enabled": "true" }, report);
      demandCrossZone(owner, annotations, targets, report);
      const cookie = cookieOf(args.name);
      if (cookie !== undefined) {
        const type = { "stickiness.type": "app_cookie" };
        demandAttributes(owner, annotations, targets, type, report);
        demandCookie(owner, cookie, given, report);
      } else {
        demandAnyCookie(owner, given, report);
      }
    }),
    ofType(k8s.core.v1.Service, (service, args, report) => {
      const overriding = Object.keys(service.metadata?.annotations ?? {}).filter((name) =>
        name.startsWith(INGRESS_PREFIX),
      );
      for (const name of overriding) {
        reportFault(report, {
          name,
          problem: `is an annotation of ${named(args)}`,
          mustBe: "at the Ingress only, because the controller prefers a Service's annotations",
          fix: "move it there",
        });
      }
    }),
  ],
};

export const keysStay: ResourceValidationPolicy = {
  name: "keys-stay",
  description: "A key router sends every request about a key to that key's replica.",
  validateResource: ofType(k8s.core.v1.ConfigMap, (configMap, args, report) => {
    if (!isWithin(args, KEY_ROUTER)) {
      return;
    }
    // Contains the namespace's name: before the first update this throws, and Pulumi reports what is unknown.
    const config = configMap.data?.["haproxy.cfg"] ?? "";
    const file = `haproxy.cfg of ${named(args)}`;
    const keyed = backends(config).filter((each) => each.includes("txn.key"));
    const used = keyed.filter((each) => isUsed(each, config));
    demand(report, {
      name: `number of backends by key that ${file} uses`,
      value: () => used.length,
      holds: (number) => number > 0 && number === keyed.length,
      mustBe: "the number of such backends, and at least 1, or keys have no effect",
      fix: "add use_backend NAME if has_key to a frontend",
    });
    demand(report, {
      name: `servers without an id in backends by key of ${file}`,
      value: () =>
        keyed.flatMap((each) => each.match(/^\s*server (?!.*\bid \d).*$/gm) ?? []).length,
      holds: (number) => number === 0,
      mustBe: "0, or keys move when the order of servers changes",
      fix: "give each server its ordinal plus 1 as id",
    });
    demand(report, {
      name: `number of backends with hash-type consistent in ${file}`,
      value: () => keyed.filter((each) => /^\s*hash-type consistent\b/m.test(each)).length,
      holds: (consistent) => consistent > 0 && consistent === keyed.length,
      mustBe: "the number of backends by key, and at least 1, or an added replica moves all keys",
      fix: "add balance hash and hash-type consistent to each",
    });
  }),
};

/** Forbids patches of annotations: policies read the annotations of the resource itself. */
function demandNoPatch(
  args: ResourceValidationArgs,
  kind: string,
  prefix: string,
  report: ReportViolation,
): void {
  for (const { object } of objectsOf(args, kind).filter(({ isPatch }) => isPatch)) {
    const { metadata } = object as { metadata?: { annotations?: object | null } | null };
    for (const name of Object.keys(metadata?.annotations ?? {})) {
      if (name.startsWith(prefix)) {
        reportFault(report, {
          name,
          problem: `is an annotation of ${named(args)}`,
          mustBe: `an annotation of the ${kind} itself, where policies read it`,
          fix: "move it there",
        });
      }
    }
  }
}

/** Whether a frontend sends to a backend. */
function isUsed(backend: string, config: string): boolean {
  const name = backend.split(/\s+/)[1] ?? "";
  return new RegExp(`^\\s*(use_backend|default_backend) ${name}( |$)`, "m").test(config);
}

/** The cookie of a built-in app; undefined for other workloads. */
function cookieOf(workload: string): AppCookie | undefined {
  const app = APP_NAMES.find((name) => name === workload);
  return app && routingOf(app)?.cookie;
}

/** Demands the cookie that a built-in app sets. */
function demandCookie(
  owner: string,
  { name, seconds }: AppCookie,
  given: (attribute: string) => string | undefined,
  report: ReportViolation,
): void {
  const nameAttribute = "stickiness.app_cookie.cookie_name";
  const isOwn = known(() => given(nameAttribute)) === name;
  demand(report, {
    name: `${nameAttribute} of ${owner}`,
    value: () => given(nameAttribute),
    holds: () => isOwn,
    mustBe: `the cookie that its app sets, ${name}`,
    fix: "name that one in target-group-attributes",
  });
  if (isOwn) {
    demand(report, {
      name: `stickiness.app_cookie.duration_seconds of ${owner}`,
      value: () => given("stickiness.app_cookie.duration_seconds"),
      holds: (duration) => duration === String(seconds),
      mustBe: `"${seconds}", for which browsers keep ${name}`,
      fix: `give both the same duration`,
    });
  }
}

/** Demands a cookie of the load balancer or, by name, one of the app. */
function demandAnyCookie(
  owner: string,
  given: (attribute: string) => string | undefined,
  report: ReportViolation,
): void {
  demand(report, {
    name: `stickiness.type of ${owner}`,
    value: () => given("stickiness.type"),
    holds: (type) =>
      type === "lb_cookie" ||
      (type === "app_cookie" && given("stickiness.app_cookie.cookie_name") !== undefined),
    mustBe: "lb_cookie, or app_cookie with stickiness.app_cookie.cookie_name",
    fix: "set it in target-group-attributes",
  });
}

/** The backends of a HAProxy configuration. */
function backends(config: string): string[] {
  return config.split(/^(?=\S)/m).filter((section) => section.startsWith("backend "));
}

/** With instances as targets, kube-proxy would choose the pod without stickiness. */
function demandTargetsByIp(
  owner: string,
  annotations: Annotations,
  annotation: string,
  report: ReportViolation,
): void {
  demand(report, {
    name: `${annotation} of ${owner}`,
    value: () => annotations()?.[annotation],
    holds: (type) => type === "ip",
    mustBe: `"ip", because stickiness would be to an instance and not to a pod`,
    fix: "set it to ip",
  });
}

/** A target group can override its load balancer. */
function demandCrossZone(
  owner: string,
  annotations: Annotations,
  annotation: string,
  report: ReportViolation,
): void {
  const name = "load_balancing.cross_zone.enabled";
  demand(report, {
    name: `${name} in ${annotation} of ${owner}`,
    value: () => attributes(annotations(), annotation)[name],
    holds: (value) => value !== "false",
    mustBe:
      "true or nothing, because a client that resolves to another zone would change its replica",
    fix: "leave it out",
  });
}

function demandAttributes(
  owner: string,
  annotations: Annotations,
  annotation: string,
  demanded: Record<string, string>,
  report: ReportViolation,
): void {
  for (const [name, value] of Object.entries(demanded)) {
    demand(report, {
      name: `${name} in ${annotation} of ${owner}`,
      value: () => attributes(annotations(), annotation)[name],
      holds: (given) => given === value,
      mustBe: `"${value}"`,
      fix: `write ${name}=${value}, or preview a workload without sessions with --no-policy`,
    });
  }
}
