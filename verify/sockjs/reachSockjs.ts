import { request } from "undici";
import { connectorFrom } from "../connector.ts";
import { wrongStatus } from "../failure.ts";
import { unreached, type Obstacle } from "../obstacle.ts";
import type { VerifyOptions } from "../options.ts";
import { beginningOf } from "../visits/body.ts";
import { ANSWER_MS, inTime } from "../visits/limit.ts";

/**
 * Requires a SockJS server at the URL.
 *
 * @param answerMs milliseconds for the response
 */
export async function reachSockjs(
  options: VerifyOptions,
  answerMs = ANSWER_MS,
): Promise<Obstacle | undefined> {
  const fault = {
    name: `${options.url}/info`,
    mustBe: "below the URL of a SockJS prefix",
    example: "http://127.0.0.1:8080/echo",
  };
  try {
    await inTime(answerMs, undefined, async (limit) => {
      const { agent: dispatcher } = connectorFrom({ proxyProtocol: options.proxyProtocol });
      const { body, headers, statusCode } = await request(fault.name, {
        dispatcher,
        signal: limit.signal,
      });
      const text = await beginningOf(body, limit);
      if (statusCode !== 200 || !text.includes('"websocket"')) {
        const head = { status: statusCode, location: headers.location?.toString() };
        throw wrongStatus(
          head,
          (status) => `no SockJS server answers (status ${status})`,
          "pass --kind if it is no SockJS",
        );
      }
    });
    return undefined;
  } catch (error) {
    return unreached(options, error, fault);
  }
}
