import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { StickyCookie } from "../../app/contract/httpRouting.ts";

/** The name that an Application Load Balancer gives its own cookie beside the application's. */
const BALANCER_COOKIE = "AWSALBAPP-0";

/**
 * The target that a request's cookies name: the load balancer's own cookie, which counts only beside the application's.
 *
 * Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/sticky-sessions.html
 */
export function namedTarget(app: StickyCookie, { headers }: IncomingMessage): string | undefined {
  return cookieOf(headers, app.name) === undefined ? undefined : cookieOf(headers, BALANCER_COOKIE);
}

/** The `Set-Cookie` by which a client comes back to the target that has answered it; none where it need not. */
export function targetCookie(
  app: StickyCookie,
  target: string,
  request: IncomingMessage,
  { headers }: IncomingMessage,
): string | undefined {
  const set = headers["set-cookie"]?.find((cookie) => cookie.startsWith(`${app.name}=`));
  const has = cookieOf(request.headers, app.name) !== undefined;
  if (set === undefined && (!has || namedTarget(app, request) === target)) {
    return undefined;
  }
  // It lives as long as the application's; without Max-Age that is the browser's session.
  const maxAge =
    set === undefined ? `; Max-Age=${app.maxAgeSeconds}` : /; *max-age=[^;]*/i.exec(set);
  return `${BALANCER_COOKIE}=${target}${maxAge?.toString() ?? ""}; Path=/; HttpOnly; SameSite=Lax`;
}

/** A cookie's value, as it was sent. */
export function cookieOf({ cookie = "" }: IncomingHttpHeaders, name: string): string | undefined {
  const pairs = cookie.split(";").map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
