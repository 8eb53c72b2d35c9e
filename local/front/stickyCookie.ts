import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { StickyCookie } from "../../app/contract/httpRouting.ts";

/**
 * The cookies of an Application Load Balancer: the one that it adds to an application's, and the one that it uses alone.
 *
 * Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/sticky-sessions.html
 */
const BESIDE_APP_COOKIE = "AWSALBAPP-0";
const OWN_COOKIE = "AWSALB";

/** The target that the load balancer's cookie names; beside an application's cookie it counts only together with that. */
export function namedTarget(
  cookie: StickyCookie,
  { headers }: IncomingMessage,
): string | undefined {
  if (cookie.name === undefined) {
    return cookieOf(headers, OWN_COOKIE);
  }
  return cookieOf(headers, cookie.name) === undefined
    ? undefined
    : cookieOf(headers, BESIDE_APP_COOKIE);
}

/** The `Set-Cookie` that binds a client to the target that responded; undefined if no cookie needs to be set. */
export function targetCookie(
  cookie: StickyCookie,
  target: string,
  request: IncomingMessage,
  { headers }: IncomingMessage,
): string | undefined {
  const { name, seconds } = cookie;
  if (name === undefined) {
    // In each response, so it lasts from the last one on.
    return `${OWN_COOKIE}=${target}; Max-Age=${seconds}; Path=/`;
  }
  const set = headers["set-cookie"]?.find((each) => each.startsWith(`${name}=`));
  const has = cookieOf(request.headers, name) !== undefined;
  if (set === undefined && (!has || namedTarget(cookie, request) === target)) {
    return undefined;
  }
  // Expires with the application's cookie; without Max-Age, with the browser's session.
  const maxAge = set === undefined ? `; Max-Age=${seconds}` : /; *max-age=[^;]*/i.exec(set);
  return `${BESIDE_APP_COOKIE}=${target}${maxAge?.toString() ?? ""}; Path=/; HttpOnly; SameSite=Lax`;
}

/** A cookie's value, as it was sent. */
export function cookieOf({ cookie = "" }: IncomingHttpHeaders, name: string): string | undefined {
  const pairs = cookie.split(";").map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
