import type { KeyRoute, KeySource } from "../../app/contract/keyRoute.ts";
import { BODY_SECONDS, MAX_BODY_BYTES } from "../../app/contract/requestLimits.ts";
import { refusal } from "./haproxyProblems.ts";

/** Has the requests of a route get their key, where no route before it gave them one. */
export function routeRules(route: KeyRoute, index: number): string[] {
  const { key, methods, path } = route;
  const [method, place] = [`method_${index}`, `path_${index}`];
  const condition = `if ${method} ${place}`;
  const match = key.from === "path" ? `-m beg ${folderOf(path)}` : `-m str ${path}`;
  const isTooLarge = `{ req.body_size gt ${MAX_BODY_BYTES} }`;
  return [
    `acl ${method} method ${methods.join(" ")}`,
    `acl ${place} path,url_dec ${match}`,
    ...(key.from === "json"
      ? [
          // By its announced length first, then by what has come of a body of unknown length.
          `http-request ${refusal(413)} ${condition} ${isTooLarge}`,
          `http-request wait-for-body time ${BODY_SECONDS}s ${condition}`,
          `http-request ${refusal(413)} ${condition} ${isTooLarge}`,
        ]
      : []),
    `http-request set-var(txn.key,ifnotempty) ${keyExpression(route)} ${condition} !has_key`,
  ];
}

/** A key that is empty, or that HAProxy cannot read, is none. */
function keyExpression({ key, normalise, path }: KeyRoute): string {
  const converters = normalise === "identifier" ? ",upper,regsub('[ -]','',g)" : "";
  return `${fetchKey(key, path)}${converters}`;
}

function fetchKey(key: KeySource, path: string): string {
  switch (key.from) {
    case "json":
      return `req.body,json_query('$.${key.field}')`;
    case "header":
      return `req.fhdr(${key.header})`;
    case "cookie":
      return `req.cook(${key.cookie})`;
    case "path":
      // Decoded only when it is a segment by itself: in a key a slash may be encoded.
      return `path,field(${folderOf(path).split("/").length},/),url_dec`;
  }
}

/** A path as what stands before a segment. */
function folderOf(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}
