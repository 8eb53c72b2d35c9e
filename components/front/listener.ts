import type { Fault } from "../../app/contract/fault.ts";
import { WEBSOCKET_IDLE_SECONDS } from "../../app/contract/httpRouting.ts";

/** Settings that all load balancers have, unless their args say otherwise. */
export const LISTENER_DEFAULTS = {
  scheme: "internet-facing",
  sourceRanges: ["0.0.0.0/0"],
  tlsPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
  readinessPath: "/",
  idleTimeoutSeconds: WEBSOCKET_IDLE_SECONDS,
} as const satisfies Record<string, unknown>;

/** The longest path of a load balancer's health check. */
const MAX_PATH = 1024;

/** Paths of health checks, which also need no quoting in HAProxy's configuration. */
export const HEALTH_PATH = {
  pattern: new RegExp(`^/[\\w./~%-]{0,${MAX_PATH - 1}}$`),
  mustBe: `a path that begins with a slash, of at most ${MAX_PATH} letters, digits and _ . / ~ % -`,
};

/** What is wrong with settings that all load balancers have; the controller would notice it too late, or not at all. */
export function listenerFaults(args: {
  sourceRanges: readonly string[];
  readinessPath: string;
}): Fault[] {
  const { readinessPath, sourceRanges } = args;
  const faults = [
    sourceRanges.length === 0 && {
      name: "sourceRanges",
      got: sourceRanges,
      mustBe: "at least one CIDR block, because the load balancer would be open to all without one",
      example: "[198.51.100.0/24]",
    },
    !HEALTH_PATH.pattern.test(readinessPath) && {
      name: "readinessPath",
      got: readinessPath,
      mustBe: HEALTH_PATH.mustBe,
      example: "/readyz",
    },
  ];
  return faults.filter((fault) => typeof fault === "object");
}
