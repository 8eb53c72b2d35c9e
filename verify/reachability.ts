import { request } from "undici";
import type { Fault } from "../app/contract/fault.ts";
import { cut } from "../app/contract/shown.ts";
import { causeOf } from "./agents.ts";
import { HttpClient } from "./http/client.ts";
import { requestAbout, requestFor } from "./visits/request.ts";
import { kindOf, type VerifyOptions } from "./options.ts";
import { createKeys } from "./choices.ts";

const REACH_MS = 10_000;

/** The fault of a URL at which nothing can be verified. */
export async function reach(options: VerifyOptions): Promise<Fault | undefined> {
  return kindOf(options) === "session" ? reachSockjs(options) : reachHttp(options);
}

async function reachSockjs({ url }: VerifyOptions): Promise<Fault | undefined> {
  const fault = {
    name: `${url}/info`,
    mustBe: "below the URL of a SockJS prefix",
    example: "http://127.0.0.1:8080/echo",
  };
  try {
    const signal = AbortSignal.timeout(REACH_MS);
    const { body, statusCode } = await request(fault.name, { signal });
    const text = await body.text();
    const isSockjs = statusCode === 200 && text.includes('"websocket"');
    return isSockjs
      ? undefined
      : { ...fault, problem: `is not answered by a SockJS server (status ${statusCode})` };
  } catch (error) {
    return { ...fault, problem: unreachable(error) };
  }
}

/** Requires the header X-Replica: the status does not show which replica answered. */
async function reachHttp({ key, seed, url }: VerifyOptions): Promise<Fault | undefined> {
  const fault = {
    name: url,
    mustBe: "a resource of servers that send X-Replica",
    example: "http://127.0.0.1:8081/companies",
  };
  const probe = createKeys(1, seed).map((each) =>
    key === undefined ? requestFor(url) : requestAbout(url, key, each),
  )[0];
  try {
    const client = new HttpClient({ source: undefined, keepsCookies: false });
    const signal = AbortSignal.timeout(REACH_MS);
    const { location, replica, status } = await client.ask(probe ?? requestFor(url), signal);
    const to = location === undefined ? "" : `, to ${cut(location)}`;
    return replica === ""
      ? { ...fault, problem: `has no X-Replica in its response (status ${status}${to})` }
      : undefined;
  } catch (error) {
    return { ...fault, problem: unreachable(error) };
  }
}

function unreachable(error: unknown): string {
  return `is not reachable (${cut(causeOf(error))})`;
}
