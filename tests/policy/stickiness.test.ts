import { itFinds, type Mutation } from "./asked.ts";
import { UNKNOWN, type Plan, type Planned } from "./plan.ts";

const NLB = "service.beta.kubernetes.io/aws-load-balancer-";
const ALB = "alb.ingress.kubernetes.io/";
const INSTEAD = "or preview with --no-policy what does not need its session";

/** The path of an annotation. */
const annotation = (name: string): string[] => ["metadata", "annotations", name];

/** A mutation of an annotation, with the one violation of it. */
function reworded(
  title: string,
  find: (plan: Plan) => Planned,
  where: { stack?: Mutation["stack"]; policy: string; annotation: string },
  [old, now]: [string, string],
  says: string,
): Mutation {
  return {
    title,
    stack: where.stack ?? "dev",
    change: (plan) => plan.reword(find(plan), annotation(where.annotation), old, now),
    expected: [{ policy: where.policy, of: "", says }],
  };
}

const echo = (plan: Plan): Planned => plan.one("Service", "echo");
const company = (plan: Plan): Planned => plan.one("Ingress", "company");

/** Gives violations the name of the resource that they are of. */
const of = (name: string, mutations: Mutation[]): Mutation[] =>
  mutations.map((each) => ({
    ...each,
    expected: each.expected.map((one) => ({ ...one, of: name })),
  }));

const targets = { policy: "clients-stay", annotation: `${NLB}target-group-attributes` };
const browsers = { policy: "browsers-stay", annotation: `${ALB}target-group-attributes` };

describe("policies of stickiness find", () => {
  itFinds([
    ...of("echo", [
      reworded(
        "a Service without stickiness",
        echo,
        targets,
        ["stickiness.enabled=true", "stickiness.enabled=false"],
        `stickiness.enabled in ${NLB}target-group-attributes of Service echo is "false": allowed is "true"; write stickiness.enabled=true, ${INSTEAD}`,
      ),
      reworded(
        "a Service with another kind of stickiness",
        echo,
        targets,
        ["stickiness.type=source_ip,", ""],
        `stickiness.type in ${NLB}target-group-attributes of Service echo is not set: allowed is "source_ip"; write stickiness.type=source_ip, ${INSTEAD}`,
      ),
      reworded(
        "a Service that ends connections of replicas that drain",
        echo,
        targets,
        [
          "deregistration_delay.connection_termination.enabled=false",
          "deregistration_delay.connection_termination.enabled=true",
        ],
        `deregistration_delay.connection_termination.enabled in ${NLB}target-group-attributes of Service echo is "true": allowed is "false"; write deregistration_delay.connection_termination.enabled=false, ${INSTEAD}`,
      ),
      reworded(
        "a Service that ends connections of replicas that are unhealthy for a moment",
        echo,
        targets,
        ["target_health_state.unhealthy.connection_termination.enabled=false,", ""],
        `target_health_state.unhealthy.connection_termination.enabled in ${NLB}target-group-attributes of Service echo is not set: allowed is "false"; write target_health_state.unhealthy.connection_termination.enabled=false, ${INSTEAD}`,
      ),
      reworded(
        "a target group of a Service that stays in its zone",
        echo,
        targets,
        [
          "stickiness.enabled=true",
          "load_balancing.cross_zone.enabled=false,stickiness.enabled=true",
        ],
        `load_balancing.cross_zone.enabled in ${NLB}target-group-attributes of Service echo is "false": allowed is true or nothing, for a client that resolves to another zone changes its replica; leave it out`,
      ),
      reworded(
        "a Service that stays in its zone",
        echo,
        { ...targets, annotation: `${NLB}attributes` },
        ["cross_zone.enabled=true", "cross_zone.enabled=false"],
        `load_balancing.cross_zone.enabled in ${NLB}attributes of Service echo is "false": allowed is "true"; write load_balancing.cross_zone.enabled=true, ${INSTEAD}`,
      ),
      reworded(
        "a Service that sends to instances",
        echo,
        { ...targets, annotation: `${NLB}nlb-target-type` },
        ["ip", "instance"],
        `${NLB}nlb-target-type of Service echo is "instance": allowed is "ip", for stickiness is to an instance otherwise, and not to a pod; set it to ip`,
      ),
      {
        title: "a value of which nobody knows before up what it says",
        stack: "dev",
        change: (plan) => plan.put(echo(plan), annotation(`${NLB}nlb-target-type`), UNKNOWN),
        expected: [
          {
            policy: "clients-stay",
            of: "",
            says: `${NLB}nlb-target-type of Service echo is known only after pulumi up: allowed is "ip", for stickiness is to an instance otherwise, and not to a pod; set it to ip`,
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
    ...of("company-router", [
      reworded(
        "a Service of routers that stays in its zone",
        (plan) => plan.one("Service", "company-router"),
        { ...targets, stack: "staging", annotation: `${NLB}attributes` },
        ["cross_zone.enabled=true", "cross_zone.enabled=false"],
        `load_balancing.cross_zone.enabled in ${NLB}attributes of Service company-router is "false": allowed is "true"; write load_balancing.cross_zone.enabled=true, ${INSTEAD}`,
      ),
    ]),
    ...of("company", [
      reworded(
        "an Ingress without stickiness",
        company,
        browsers,
        ["stickiness.enabled=true,", ""],
        `stickiness.enabled in ${ALB}target-group-attributes of Ingress company is not set: allowed is "true"; write stickiness.enabled=true, ${INSTEAD}`,
      ),
      reworded(
        "an Ingress whose cookie says nothing to the app",
        company,
        browsers,
        ["stickiness.type=app_cookie", "stickiness.type=lb_cookie"],
        `stickiness.type in ${ALB}target-group-attributes of Ingress company is "lb_cookie": allowed is "app_cookie"; write stickiness.type=app_cookie, ${INSTEAD}`,
      ),
      reworded(
        "an Ingress that follows a cookie that no app sets",
        company,
        browsers,
        ["com-sticky", "sticky"],
        `stickiness.app_cookie.cookie_name of Ingress company is "sticky": allowed is a cookie that an app sets, com-sticky or doc-sticky; name that of its app in ${ALB}target-group-attributes`,
      ),
      reworded(
        "an Ingress that forgets browsers before they forget their cookie",
        company,
        browsers,
        ["duration_seconds=172800", "duration_seconds=3600"],
        `stickiness.app_cookie.duration_seconds of Ingress company is "3600": allowed is "172800", for which browsers keep com-sticky; give both the same duration`,
      ),
      reworded(
        "an Ingress that stays in its zone",
        company,
        browsers,
        [
          "stickiness.enabled=true",
          "load_balancing.cross_zone.enabled=false,stickiness.enabled=true",
        ],
        `load_balancing.cross_zone.enabled in ${ALB}target-group-attributes of Ingress company is "false": allowed is true or nothing, for a client that resolves to another zone changes its replica; leave it out`,
      ),
      reworded(
        "an Ingress that sends to instances",
        company,
        { ...browsers, annotation: `${ALB}target-type` },
        ["ip", "instance"],
        `${ALB}target-type of Ingress company is "instance": allowed is "ip", for stickiness is to an instance otherwise, and not to a pod; set it to ip`,
      ),
    ]),
    {
      title: "a key router whose keys move when a replica is added",
      stack: "staging",
      change: (plan) =>
        plan.reword(
          plan.one("ConfigMap", "company-router"),
          ["data", "haproxy.cfg"],
          "hash-type consistent",
          "hash-type map-based",
        ),
      expected: [
        {
          policy: "keys-stay",
          of: "company-router",
          says: "number of backends with hash-type consistent in haproxy.cfg of ConfigMap company-router is 0: allowed is as many as balance by key, 1 at least, or a replica that is added moves all keys; have each of them say balance hash and hash-type consistent",
        },
      ],
    },
  ]);
});
