import type { KeyRoute, KeySource } from "../../app/common/keyRoute.ts";
import { shown } from "../../app/common/shown.ts";

/** What may stand in HAProxy's configuration as it is. */
const PATH = {
  pattern: /^\/(?:[\w.~-]+\/)*[\w.~-]*$/,
  allowed: "a path of letters, digits and _ . ~ -",
  example: "/companies",
};
const NAME = {
  pattern: /^[\w-]+$/,
  allowed: "a name of letters, digits and _ -",
  example: "businessNumber",
};

/** Headers of the connection, and those that routers write anew: an app does not get them as they were sent. */
const CHANGED_HEADER =
  /^(?:connection|content-length|cookie|expect|forwarded|host|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|x-forwarded-.*)$/i;

/** What is wrong with the routes of a key router, all at once. */
export function routeFaults(routes: readonly KeyRoute[]): string[] {
  if (routes.length === 0) {
    return ["routes is []: without a route no request has a key; give at least one"];
  }
  return routes.flatMap(({ key, methods, path }, index) => {
    const route = `routes[${index}]`;
    return [
      ...(methods.length === 0 ? [`${route}.methods is []: give at least one, such as GET`] : []),
      ...textFault(`${route}.path`, path, PATH),
      ...keyFault(`${route}.key`, key),
    ];
  });
}

function keyFault(at: string, key: KeySource): string[] {
  switch (key.from) {
    case "json":
      return textFault(`${at}.field`, key.field, NAME);
    case "header":
      return [
        ...textFault(`${at}.header`, key.header, { ...NAME, example: "X-Document" }),
        ...(CHANGED_HEADER.test(key.header)
          ? [
              `${at}.header is ${shown(key.header)}; it must be a header that routers leave as it is (for example X-Document)`,
            ]
          : []),
      ];
    case "cookie":
      return textFault(`${at}.cookie`, key.cookie, { ...NAME, example: "document" });
    case "path":
      return [];
  }
}

function textFault(at: string, text: string, { allowed, example, pattern }: typeof PATH): string[] {
  return pattern.test(text)
    ? []
    : [`${at} is ${shown(text)}: allowed is ${allowed}; for example ${example}`];
}
