import { request } from "undici";
import { connectorFrom } from "../connector.ts";
import { unreachable, type Obstacle } from "../obstacle.ts";
import type { VerifyOptions } from "../options.ts";
import { beginningOf } from "../visits/body.ts";
import { ANSWER_MS, inTime } from "../visits/limit.ts";

/**
 * Requires a SockJS server at the URL.
 *
 * @param answerMs milliseconds for the response
 */
export async function reachSockjs(
  { url }: VerifyOptions,
  answerMs = ANSWER_MS,
): Promise<Obstacle | undefined> {
  const fault = {
    name: `${url}/info`,
    mustBe: "below the URL of a SockJS prefix",
    example: "http://127.0.0.1:8080/echo",
    fix: "pass --kind if it is no SockJS",
  };
  try {
    const { status, text } = await inTime(answerMs, undefined, async (limit) => {
      const { agent: dispatcher } = connectorFrom(undefined);
      const { body, statusCode } = await request(fault.name, { dispatcher, signal: limit.signal });
      return { status: statusCode, text: await beginningOf(body, limit) };
    });
    const isSockjs = status === 200 && text.includes('"websocket"');
    const problem = `is not answered by a SockJS server (status ${status})`;
    return isSockjs ? undefined : { isUnnamed: false, fault: { ...fault, problem } };
  } catch (error) {
    return { isUnnamed: false, fault: { ...fault, problem: unreachable(error) } };
  }
}
