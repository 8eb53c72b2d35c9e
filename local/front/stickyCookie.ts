import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { AppCookie } from "../../app/contract/httpRouting.ts";

/** The name of the cookie that an Application Load Balancer adds to the application's. */
const BALANCER_COOKIE = "AWSALBAPP-0";

/**
 * The target that the load balancer's cookie names; it counts only together with the application's cookie.
 *
 * Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/sticky-sessions.html
 */
export function namedTarget(app: AppCookie, { headers }: IncomingMessage): string | undefined {
  return cookieOf(headers, app.name) === undefined ? undefined : cookieOf(headers, BALANCER_COOKIE);
}

/** The `Set-Cookie` that binds a client to the target that responded; undefined if no cookie needs to be set. */
export function targetCookie(
  app: AppCookie,
  target: string,
  request: IncomingMessage,
  { headers }: IncomingMessage,
): string | undefined {
  const set = headers["set-cookie"]?.find((cookie) => cookie.startsWith(`${app.name}=`));
  const has = cookieOf(request.headers, app.name) !== undefined;
  if (set === undefined && (!has || namedTarget(app, request) === target)) {
    return undefined;
  }
  // Expires with the application's cookie; without Max-Age, with the browser's session.
  const maxAge = set === undefined ? `; Max-Age=${app.seconds}` : /; *max-age=[^;]*/i.exec(set);
  return `${BALANCER_COOKIE}=${target}${maxAge?.toString() ?? ""}; Path=/; HttpOnly; SameSite=Lax`;
}

/** A cookie's value, as it was sent. */
export function cookieOf({ cookie = "" }: IncomingHttpHeaders, name: string): string | undefined {
  const pairs = cookie.split(";").map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
