import { request } from "undici";
import { cut } from "../app/common/shown.ts";
import { faultOf } from "./agents.ts";
import { HttpClient } from "./http/client.ts";
import { requestAbout, requestFor } from "./http/request.ts";
import { kindOf, type VerifyOptions } from "./options.ts";
import { createKeys } from "./choices.ts";

const REACH_MS = 10_000;

/** Why nothing can be verified at the URL, or nothing where it can. */
export async function reach(options: VerifyOptions): Promise<string | undefined> {
  return kindOf(options) === "session" ? reachSockjs(options) : reachHttp(options);
}

async function reachSockjs({ url }: VerifyOptions): Promise<string | undefined> {
  const info = `${url}/info`;
  const hint = "allowed is the URL of a SockJS prefix; for example http://127.0.0.1:8080/echo";
  try {
    const { body, statusCode } = await request(info, { signal: AbortSignal.timeout(REACH_MS) });
    const text = await body.text();
    const isSockjs = statusCode === 200 && text.includes('"websocket"');
    return isSockjs
      ? undefined
      : `${cut(info)} is no SockJS server (status ${statusCode}): ${hint}`;
  } catch (error) {
    return `${cut(info)} is not reachable (${cut(faultOf(error))}): ${hint}`;
  }
}

/** By status alone nobody could tell who answered. */
async function reachHttp({ key, seed, url }: VerifyOptions): Promise<string | undefined> {
  const hint =
    "allowed is the URL of a resource of servers that name themselves; for example http://127.0.0.1:8081/companies";
  const probe = createKeys(1, seed).map((each) =>
    key === undefined ? requestFor(url) : requestAbout(url, key, each),
  )[0];
  try {
    const client = new HttpClient({ source: undefined, keepsCookies: false });
    const signal = AbortSignal.timeout(REACH_MS);
    const { location, replica, status } = await client.ask(probe ?? requestFor(url), signal);
    const to = location === undefined ? "" : `, to ${cut(location)}`;
    return replica === ""
      ? `${cut(url)} has no X-Replica in its answer (status ${status}${to}): ${hint}`
      : undefined;
  } catch (error) {
    return `${cut(url)} is not reachable (${cut(faultOf(error))}): ${hint}`;
  }
}
