import { request } from "undici";
import { connectorFrom } from "../connector.ts";
import { unreachable, type Obstacle } from "../obstacle.ts";
import type { VerifyOptions } from "../options.ts";

const REACH_MS = 10_000;

/** Requires a SockJS server at the URL. */
export async function reachSockjs({ url }: VerifyOptions): Promise<Obstacle | undefined> {
  const fault = {
    name: `${url}/info`,
    mustBe: "below the URL of a SockJS prefix",
    example: "http://127.0.0.1:8080/echo",
    fix: "pass --kind if it is no SockJS",
  };
  try {
    const signal = AbortSignal.timeout(REACH_MS);
    const { body, statusCode } = await request(fault.name, {
      dispatcher: connectorFrom(undefined).agent,
      signal,
    });
    const text = await body.text();
    const isSockjs = statusCode === 200 && text.includes('"websocket"');
    const problem = `is not answered by a SockJS server (status ${statusCode})`;
    return isSockjs ? undefined : { isUnnamed: false, fault: { ...fault, problem } };
  } catch (error) {
    return { isUnnamed: false, fault: { ...fault, problem: unreachable(error) } };
  }
}
