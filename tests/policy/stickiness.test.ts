import { itFinds, type Mutation } from "./mutations.ts";
import { UNKNOWN, type Plan, type Planned } from "./plan.ts";

const NLB = "service.beta.kubernetes.io/aws-load-balancer-";
const ALB = "alb.ingress.kubernetes.io/";
const INSTEAD = "or preview a workload without sessions with --no-policy";

/** The path of an annotation. */
const annotation = (name: string): string[] => ["metadata", "annotations", name];

/** A mutation of a text, with the one violation of it. */
function reworded(
  title: string,
  find: (plan: Plan) => Planned,
  where: { stack?: Mutation["stack"]; policy: string; path: string[] },
  [old, now]: [string, string],
  says: string,
): Mutation {
  return {
    title,
    stack: where.stack ?? "dev",
    change: (plan) => plan.reword(find(plan), where.path, old, now),
    expected: [{ policy: where.policy, of: "", says }],
  };
}

/** A mutation of a key router's configuration, with the one violation of it. */
const routed = (title: string, words: [old: string, now: string], says: string): Mutation =>
  reworded(
    title,
    (plan) => plan.one("ConfigMap", "company-router"),
    { stack: "staging", policy: "keys-stay", path: ["data", "haproxy.cfg"] },
    words,
    says,
  );

const echo = (plan: Plan): Planned => plan.one("Service", "echo");
const company = (plan: Plan): Planned => plan.one("Ingress", "company");

/** Gives violations the name of the resource that they are of. */
const of = (name: string, mutations: Mutation[]): Mutation[] =>
  mutations.map((each) => ({
    ...each,
    expected: each.expected.map((one) => ({ ...one, of: name })),
  }));

const targets = { policy: "clients-stay", path: annotation(`${NLB}target-group-attributes`) };
const browsers = { policy: "browsers-stay", path: annotation(`${ALB}target-group-attributes`) };

describe("policies of stickiness find", () => {
  itFinds([
    ...of("echo", [
      reworded(
        "a Service without stickiness",
        echo,
        targets,
        ["stickiness.enabled=true", "stickiness.enabled=false"],
        `stickiness.enabled in ${NLB}target-group-attributes of Service echo is "false"; it must be "true"; write stickiness.enabled=true, ${INSTEAD}`,
      ),
      reworded(
        "a Service with another kind of stickiness",
        echo,
        targets,
        ["stickiness.type=source_ip,", ""],
        `stickiness.type in ${NLB}target-group-attributes of Service echo is not set; it must be "source_ip"; write stickiness.type=source_ip, ${INSTEAD}`,
      ),
      reworded(
        "a Service that ends connections of replicas that drain",
        echo,
        targets,
        [
          "deregistration_delay.connection_termination.enabled=false",
          "deregistration_delay.connection_termination.enabled=true",
        ],
        `deregistration_delay.connection_termination.enabled in ${NLB}target-group-attributes of Service echo is "true"; it must be "false"; write deregistration_delay.connection_termination.enabled=false, ${INSTEAD}`,
      ),
      reworded(
        "a Service that ends connections of replicas that are unhealthy for a moment",
        echo,
        targets,
        ["target_health_state.unhealthy.connection_termination.enabled=false,", ""],
        `target_health_state.unhealthy.connection_termination.enabled in ${NLB}target-group-attributes of Service echo is not set; it must be "false"; write target_health_state.unhealthy.connection_termination.enabled=false, ${INSTEAD}`,
      ),
      reworded(
        "a target group of a Service that stays in its zone",
        echo,
        targets,
        [
          "stickiness.enabled=true",
          "load_balancing.cross_zone.enabled=false,stickiness.enabled=true",
        ],
        `load_balancing.cross_zone.enabled in ${NLB}target-group-attributes of Service echo is "false"; it must be true or nothing, because a client that resolves to another zone would change its replica; leave it out`,
      ),
      reworded(
        "a Service that stays in its zone",
        echo,
        { ...targets, path: annotation(`${NLB}attributes`) },
        ["cross_zone.enabled=true", "cross_zone.enabled=false"],
        `load_balancing.cross_zone.enabled in ${NLB}attributes of Service echo is "false"; it must be "true"; write load_balancing.cross_zone.enabled=true, ${INSTEAD}`,
      ),
      reworded(
        "a Service that sends to instances",
        echo,
        { ...targets, path: annotation(`${NLB}nlb-target-type`) },
        ["ip", "instance"],
        `${NLB}nlb-target-type of Service echo is "instance"; it must be "ip", because stickiness would be to an instance and not to a pod; set it to ip`,
      ),
      {
        title: "a value of which nobody knows before up what it says",
        stack: "dev",
        change: (plan) => plan.put(echo(plan), annotation(`${NLB}nlb-target-type`), UNKNOWN),
        expected: [
          {
            policy: "clients-stay",
            of: "",
            says: `${NLB}nlb-target-type of Service echo is known only after pulumi up; it must be "ip", because stickiness would be to an instance and not to a pod; set it to ip`,
          },
        ],
      },
      {
        title: "nothing in an unknown value that does not matter",
        stack: "dev",
        change: (plan) => plan.put(echo(plan), annotation(`${NLB}scheme`), UNKNOWN),
        expected: [],
      },
    ]),
    {
      title: "an Ingress of another app without any cookie",
      stack: "dev",
      change: (plan) => {
        const ingress = plan.one("Ingress", "company");
        ingress.name = "chat";
        const path = ["metadata", "annotations", `${ALB}target-group-attributes`];
        plan.reword(ingress, path, "stickiness.app_cookie.cookie_name=com-sticky,", "");
      },
      expected: [
        {
          policy: "browsers-stay",
          of: "chat",
          says: `stickiness.type of Ingress chat is "app_cookie"; it must be lb_cookie, or app_cookie with stickiness.app_cookie.cookie_name; set it in target-group-attributes`,
        },
      ],
    },
    ...of("company-router", [
      reworded(
        "a Service of routers that stays in its zone",
        (plan) => plan.one("Service", "company-router"),
        { ...targets, stack: "staging", path: annotation(`${NLB}attributes`) },
        ["cross_zone.enabled=true", "cross_zone.enabled=false"],
        `load_balancing.cross_zone.enabled in ${NLB}attributes of Service company-router is "false"; it must be "true"; write load_balancing.cross_zone.enabled=true, ${INSTEAD}`,
      ),
    ]),
    ...of("company", [
      reworded(
        "an Ingress without stickiness",
        company,
        browsers,
        ["stickiness.enabled=true,", ""],
        `stickiness.enabled in ${ALB}target-group-attributes of Ingress company is not set; it must be "true"; write stickiness.enabled=true, ${INSTEAD}`,
      ),
      reworded(
        "an Ingress whose cookie says nothing to the app",
        company,
        browsers,
        ["stickiness.type=app_cookie", "stickiness.type=lb_cookie"],
        `stickiness.type in ${ALB}target-group-attributes of Ingress company is "lb_cookie"; it must be "app_cookie"; write stickiness.type=app_cookie, ${INSTEAD}`,
      ),
      reworded(
        "an Ingress that follows a cookie that no app sets",
        company,
        browsers,
        ["com-sticky", "sticky"],
        `stickiness.app_cookie.cookie_name of Ingress company is "sticky"; it must be the cookie that its app sets, com-sticky; name that one in target-group-attributes`,
      ),
      reworded(
        "an Ingress that follows the cookie of another app",
        company,
        browsers,
        ["com-sticky", "doc-sticky"],
        `stickiness.app_cookie.cookie_name of Ingress company is "doc-sticky"; it must be the cookie that its app sets, com-sticky; name that one in target-group-attributes`,
      ),
      {
        title: "a Service that overrides what its Ingress says of targets",
        stack: "dev",
        change: (plan) =>
          plan.put(plan.one("Service", "company"), ["metadata", "annotations"], {
            [`${ALB}target-group-attributes`]: "stickiness.enabled=false",
          }),
        expected: [
          {
            policy: "browsers-stay",
            of: "",
            says: `${ALB}target-group-attributes is an annotation of Service company; it must be at the Ingress only, because the controller prefers a Service's annotations; move it there`,
          },
        ],
      },
      reworded(
        "an Ingress that forgets browsers before they forget their cookie",
        company,
        browsers,
        ["duration_seconds=172800", "duration_seconds=3600"],
        `stickiness.app_cookie.duration_seconds of Ingress company is "3600"; it must be "172800", for which browsers keep com-sticky; give both the same duration`,
      ),
      reworded(
        "an Ingress that stays in its zone",
        company,
        browsers,
        [
          "stickiness.enabled=true",
          "load_balancing.cross_zone.enabled=false,stickiness.enabled=true",
        ],
        `load_balancing.cross_zone.enabled in ${ALB}target-group-attributes of Ingress company is "false"; it must be true or nothing, because a client that resolves to another zone would change its replica; leave it out`,
      ),
      reworded(
        "an Ingress that sends to instances",
        company,
        { ...browsers, path: annotation(`${ALB}target-type`) },
        ["ip", "instance"],
        `${ALB}target-type of Ingress company is "instance"; it must be "ip", because stickiness would be to an instance and not to a pod; set it to ip`,
      ),
    ]),
    ...of("company-router", [
      routed(
        "a key router whose keys move when a replica is added",
        ["hash-type consistent", "hash-type map-based"],
        "number of backends with hash-type consistent in haproxy.cfg of ConfigMap company-router is 0; it must be the number of backends by key, and at least 1, or an added replica moves all keys; add balance hash and hash-type consistent to each",
      ),
      routed(
        "a key router in which keys decide nothing",
        ["use_backend keyed if has_key", ""],
        "number of backends by key that haproxy.cfg of ConfigMap company-router uses is 0; it must be the number of such backends, and at least 1, or keys have no effect; add use_backend NAME if has_key to a frontend",
      ),
      routed(
        "a key router whose keys move when a name server tells of replicas in another order",
        [":8080 id 2", ":8080"],
        "servers without an id in backends by key of haproxy.cfg of ConfigMap company-router is 1; it must be 0, or keys move when the order of servers changes; give each server its ordinal plus 1 as id",
      ),
    ]),
  ]);
});
