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
      const connector = connectorFrom({ proxyProtocol: options.proxyProtocol });
      const response = await connector.request(fault.name, { signal: limit.signal });
      const { headers, statusCode: status = 0 } = response;
      const text = await beginningOf(response, limit);
      if (status !== 200 || !text.includes('"websocket"')) {
        const head = { status, location: headers.location };
        throw wrongStatus(
          head,
          (shown) => `no SockJS server answers (status ${shown})`,
          "pass --kind http, websocket, sse or socketio if it is no SockJS",
        );
      }
    });
    return undefined;
  } catch (error) {
    return unreached(options, error, fault);
  }
}
