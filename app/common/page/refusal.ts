import { ask } from "./ask.ts";

/**
 * Finds out whether the server rejects this page as cross-origin, which no retry can fix. A failed WebSocket does not
 * reveal the reason, but a POST sends the origin, too, and gets a response that the page can read.
 *
 * @param path a POST to it must have no effect
 * @returns how to fix it; undefined if the page is not rejected
 */
export async function refusalAt(path: string): Promise<string | undefined> {
  const answer = await ask(path, { method: "POST" });
  return answer?.status === 403 && answer.replica !== ""
    ? `The server rejects this page as cross-origin. Add ${location.origin} to allowedOrigins, ` +
        "or make the proxy in front of the server forward the Host header."
    : undefined;
}
