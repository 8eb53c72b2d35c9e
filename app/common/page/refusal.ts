import { ask } from "./ask.ts";

/**
 * Why the server will not serve this page however often it tries: it takes the page for one of another origin. A
 * WebSocket says nothing of that, but a POST has the origin, too, and is answered.
 *
 * @param path where a POST does no harm
 * @returns what to do about it; undefined where it is no such refusal
 */
export async function refusalAt(path: string): Promise<string | undefined> {
  const answer = await ask(path, { method: "POST" });
  return answer?.status === 403 && answer.replica !== ""
    ? `The server takes this page for one of another origin. Add ${location.origin} to allowedOrigins, ` +
        "or have the proxy in front of the server pass on the header Host."
    : undefined;
}
