import type { Fault } from "../app/contract/fault.ts";
import { cut } from "../app/contract/shown.ts";
import { KINDS } from "./kinds.ts";
import type { VerifyOptions } from "./options.ts";
import { textOf } from "./replicaPlace.ts";

const ADDRESS = /^\d{1,3}(\.\d{1,3}){3}$/;

/**
 * Faults of options that contradict each other.
 *
 * @param given names of the options that are not defaults
 */
export function contradictions(options: VerifyOptions, given: ReadonlySet<string>): Fault[] {
  const faults = [...kindFaults(options, given), ...scenarioFaults(options, given)];
  return faults.filter(([isFault]) => isFault).map(([, fault]) => fault);
}

/** Faults, and whether each applies. */
type Checks = [boolean, Fault][];

/** What the kind does not support. */
function kindFaults(options: VerifyOptions, given: ReadonlySet<string>): Checks {
  const { cookieJar, key, kind, namespace, replica, scenario, transports, url } = options;
  const { keys, protocols, replicas, scenarios, transports: known } = KINDS[kind];
  const { protocol } = new URL(url);
  const keyFrom = key?.split(":")[0] ?? "";
  const withKind = `with --kind ${kind}`;
  return [
    [
      !listed(protocols, protocol),
      {
        name: "URL",
        got: url,
        mustBe: `one that starts with ${protocols.join(" or ")} ${withKind}`,
      },
    ],
    [
      known.length === 0 && given.has("transports"),
      { name: "--transports", got: transports.join(), mustBe: `omitted ${withKind}` },
    ],
    [
      known.length > 0 && !transports.every((each) => known.includes(each)),
      {
        name: "--transports",
        got: transports.join(),
        mustBe: `all, or of ${known.join(",")} ${withKind}`,
        example: known.slice(0, 2).join(),
      },
    ],
    [
      !listed(scenarios, scenario),
      {
        name: "--scenario",
        got: scenario,
        mustBe: `${scenarios.join(" or ")} ${withKind}`,
        example: "steady",
      },
    ],
    [
      cookieJar !== undefined && keys.length === 0,
      { name: "--cookie-jar", got: cookieJar, mustBe: `omitted ${withKind}` },
    ],
    [
      key !== undefined && !listed(keys, keyFrom),
      {
        name: "--key",
        got: key,
        mustBe: keys.length === 0 ? `omitted ${withKind}` : `in ${keys.join(" or ")} ${withKind}`,
      },
    ],
    [
      !listed(replicas, replica.from),
      {
        name: "--replica",
        got: textOf(replica),
        mustBe: `in ${replicas.join(" or ")} ${withKind}`,
        example: "header:X-Replica",
      },
    ],
    [
      given.has("namespace") && kind !== "socketio",
      { name: "--namespace", got: namespace, mustBe: `omitted ${withKind}` },
    ],
    [
      options.echo && kind !== "websocket",
      { name: "--echo", problem: "is set", mustBe: `omitted ${withKind}` },
    ],
  ];
}

function listed(values: readonly string[], value: string): boolean {
  return values.includes(value);
}

/** What the scenario does not support, and addresses that cannot be used. */
function scenarioFaults(options: VerifyOptions, given: ReadonlySet<string>): Checks {
  const { maxFailures, proxyProtocol, rollPid, scenario, sources, transports, url } = options;
  return [
    [
      scenario === "rollout" && given.has("maxFailures"),
      {
        name: "--max-failures",
        got: maxFailures,
        mustBe: "omitted in scenario rollout, in which no message or request may fail",
      },
    ],
    [
      rollPid !== undefined && (scenario !== "rollout" || !isProcess(rollPid)),
      {
        name: "--roll-pid",
        got: rollPid,
        mustBe: "the process of npm start, with --scenario rollout",
        example: '"$(pgrep -f local/main.ts)"',
      },
    ],
    [
      scenario === "fallback" &&
        transports.length > 0 &&
        transports.every((each) => each.startsWith("websocket")),
      {
        name: "--transports",
        got: transports.join(),
        mustBe: "a list with at least one transport other than WebSocket in scenario fallback",
        example: "all",
      },
    ],
    [
      !proxyProtocol && !isLoopback(url) && sources.some((source) => source.startsWith("127.")),
      {
        name: "--sources",
        problem: `has loopback addresses, from which ${cut(url)} cannot be reached`,
        mustBe: "1, or a list of this computer's own addresses",
        example: "--sources 1",
      },
    ],
  ];
}

function isProcess(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Whether a URL is on this computer and can be reached from loopback addresses. */
function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || (ADDRESS.test(hostname) && hostname.startsWith("127."));
}
