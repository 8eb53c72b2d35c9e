import type { KeyRoute, KeySource } from "../../app/contract/keyRoute.ts";
import { within, type Fault } from "../../app/contract/fault.ts";

/** Text that needs no quoting in HAProxy's configuration. */
const PATH = {
  pattern: /^\/(?:[\w.~-]+\/)*[\w.~-]*$/,
  mustBe: "a path that begins with a slash, of letters, digits and _ . ~ -",
  example: "/companies",
};
const PATH_OR_BELOW = {
  pattern: /^\/(?:[\w.~-]+\/)*(?:[\w.~-]*|\*)$/,
  mustBe:
    "a path that begins with a slash, of letters, digits and _ . ~ -, or one that ends with /*",
  example: "/companies",
};
const NAME = {
  pattern: /^[\w-]+$/,
  mustBe: "a name of letters, digits and _ -",
  example: "businessNumber",
};

/** Headers of the connection, and those that routers overwrite, so an app does not get them as they were sent. */
const CHANGED_HEADER =
  /^(?:connection|content-length|cookie|expect|forwarded|host|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|x-forwarded-.*)$/i;

/**
 * What is wrong with the routes of a key router, all at once.
 *
 * @param list name of the list
 */
export function routeFaults(routes: readonly KeyRoute[], list = "routes"): Fault[] {
  if (routes.length === 0) {
    const mustBe = "at least one route, because no request has a key without one";
    return [{ name: list, got: routes, mustBe }];
  }
  return routes.flatMap(({ key, methods, path }, index) =>
    within(`${list}[${index}].`, [
      ...methodFaults(methods, key),
      ...textFault("path", path, key.from === "path" ? PATH : PATH_OR_BELOW),
      ...within("key.", keyFaults(key)),
    ]),
  );
}

function methodFaults(methods: KeyRoute["methods"], key: KeySource): Fault[] {
  const [mustBe, example] =
    key.from === "json" ? ["methods with a body", "[POST]"] : ["at least one method", "[GET]"];
  const isUseful =
    key.from === "json"
      ? methods?.some((method) => method !== "GET" && method !== "HEAD")
      : methods?.length !== 0;
  return (isUseful ?? true) ? [] : [{ name: "methods", got: methods, mustBe, example }];
}

function keyFaults(key: KeySource): Fault[] {
  switch (key.from) {
    case "json":
      return textFault("field", key.field, NAME);
    case "header":
      return [
        ...textFault("header", key.header, { ...NAME, example: "X-Document" }),
        ...(CHANGED_HEADER.test(key.header)
          ? [
              {
                name: "header",
                got: key.header,
                mustBe: "a header that routers pass on unchanged",
                example: "X-Document",
              },
            ]
          : []),
      ];
    case "cookie":
      return textFault("cookie", key.cookie, { ...NAME, example: "document" });
    case "query":
      return textFault("parameter", key.parameter, { ...NAME, example: "document" });
    case "path":
      return [];
  }
}

function textFault(name: string, got: string, { pattern, ...allowed }: typeof PATH): Fault[] {
  return pattern.test(got) ? [] : [{ name, got, ...allowed }];
}
