import {
  anyEncoding,
  ODD_HEADER,
  oddCookie,
  oddParameter,
  READABLE_TARGET,
} from "../../app/contract/ambiguousKey.ts";
import { placeOf, type KeyRoute, type KeySource } from "../../app/contract/keyRoute.ts";
import { BODY_SECONDS, MAX_BODY_BYTES } from "../../app/contract/requestLimits.ts";
import { refusal } from "./haproxyProblems.ts";

/** Matches bytes that are UTF-8. What is possessive needs no stack, however long the text is. */
const UTF8 =
  "^(?:[\\x00-\\x7f]++|[\\xc2-\\xdf][\\x80-\\xbf]|\\xe0[\\xa0-\\xbf][\\x80-\\xbf]|\\xed[\\x80-\\x9f][\\x80-\\xbf]" +
  "|[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}|\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}|[\\xf1-\\xf3][\\x80-\\xbf]{3}" +
  "|\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2})*+$";

/** Marks a request that is refused once all routes have been tried. */
const MARK = "set-var(txn.ambiguous) bool(true)";

/**
 * Rules that find the key of requests, in `txn.key`, by the first route that has one, and refuse requests whose key is
 * ambiguous as far as HAProxy can see it: docs/request-keys.md says where it cannot.
 */
export function keyRules(routes: readonly KeyRoute[]): string[] {
  return [
    "acl has_key var(txn.key) -m found",
    `acl is_target url -m reg '${READABLE_TARGET}'`,
    // Bytes that cannot be decoded are none.
    `acl is_decodable path,url_dec -m reg '${UTF8}'`,
    ...routes.flatMap(routeRules),
    // A parameter or a JSON string may have been decoded to anything.
    rule(MARK, ["has_key", `!{ var(txn.key) -m reg '${UTF8}' }`]),
    rule(refusal(400, "the key of the request is ambiguous"), ["{ var(txn.ambiguous) -m found }"]),
  ];
}

/** Gives the requests of a route their key, unless a route before it did. */
function routeRules(route: KeyRoute, index: number): string[] {
  const { key, methods } = route;
  const method = methods === undefined ? [] : [`method_${index}`];
  const place = placeAcls(route, index);
  const conditions = [...method, ...place.names];
  const { odd, isThere = [] } = conditionsOf(key);
  return [
    ...method.map((name) => `acl ${name} method ${methods?.join(" ")}`),
    ...place.acls,
    ...["!is_target", "!is_decodable"].map((unread) => rule(MARK, [...method, unread])),
    ...(key.from === "json" ? bodyRules(conditions) : []),
    ...odd.map((each) => rule(MARK, [...conditions, "!has_key", each])),
    rule(`set-var(txn.key,ifnotempty) ${keyExpression(route)}`, [
      ...conditions,
      "!has_key",
      ...isThere,
    ]),
  ];
}

function rule(action: string, conditions: readonly string[]): string {
  return `http-request ${action} if ${conditions.join(" ")}`;
}

/** Compares the segments of a path, decoded after they are separated. */
function placeAcls(route: KeyRoute, index: number): { names: string[]; acls: string[] } {
  const { segments, hasMore } = placeOf(route);
  const [depth, path] = [`depth_${index}`, `path_${index}`];
  const slashes = segments.length - 1;
  const shape = `acl ${depth} path -m reg '^(/[^/]*){${slashes}}${hasMore ? "/" : "$"}'`;
  return slashes === 0
    ? { names: [depth], acls: [shape] }
    : {
        names: [depth, path],
        acls: [
          shape,
          `acl ${path} path,field(1,/,${segments.length}),url_dec -m str ${segments.join("/")}`,
        ],
      };
}

function bodyRules(conditions: readonly string[]): string[] {
  const tooLarge = rule(refusal(413), [...conditions, `{ req.body_size gt ${MAX_BODY_BYTES} }`]);
  // By its announced length first, then by what has come of a body of unknown length.
  return [tooLarge, rule(`wait-for-body time ${BODY_SECONDS}s`, conditions), tooLarge];
}

/** When a request's key is ambiguous, each a reason by itself, and what else it takes to have one. */
function conditionsOf(key: KeySource): { odd: string[]; isThere?: string[] } {
  switch (key.from) {
    case "json":
      return { odd: oddBodies(key.field) };
    case "header":
      return {
        odd: [
          `{ req.fhdr_cnt(${key.header}) gt 1 }`,
          `{ req.fhdr(${key.header}) -m reg '${ODD_HEADER}' }`,
        ],
      };
    case "cookie": {
      const isSent = `{ req.fhdr(cookie) -m reg '(?:^|;)[ \\t]*${key.cookie}[ \\t]*=[^;]' }`;
      return {
        odd: [
          "{ req.fhdr_cnt(cookie) gt 1 }",
          `{ req.fhdr(cookie) -m reg '${oddCookie(key.cookie)}' }`,
          // Within quotes HAProxy does not see it.
          `${isSent} !{ req.cook(${key.cookie}) -m found }`,
        ],
      };
    }
    case "query":
      return {
        odd: [`{ query -m reg '${oddParameter(key.parameter)}' }`],
        isThere: [`{ query -m reg '(?:^|&)${key.parameter}=' }`],
      };
    case "path":
      return { odd: [] };
  }
}

/** The bodies among those with an ambiguous key that can be recognised without reading JSON. */
function oddBodies(field: string): string[] {
  const colon = "[ \\t\\r\\n]*:[ \\t\\r\\n]*";
  const escapedName = `"(?!${field}")${anyEncoding(field, "\\\\u00")}"${colon}`;
  const undecoded = `"${field}"${colon}"(?:[^"\\\\]++|\\\\[^/u]|\\\\u00[0-7])*+\\\\[/u]`;
  return [
    `{ req.body -m reg '^\\xef\\xbb\\xbf' '${escapedName}' '${undecoded}' }`,
    `{ req.body_size gt 0 } !{ req.body -m reg '${UTF8}' }`,
    // Numbers and truth values, which have eight bytes, unlike text.
    `{ req.body,json_query('$.${field}','int'),hex -m reg '^(0000|FFFF)' }`,
  ];
}

/** A key that is empty, or that HAProxy cannot read, is none. */
function keyExpression(route: KeyRoute): string {
  const converters = route.normalise === "identifier" ? ",upper,regsub('[ -]','',g)" : "";
  return `${fetchKey(route)}${converters}`;
}

function fetchKey(route: KeyRoute): string {
  const { key } = route;
  switch (key.from) {
    case "json":
      return `req.body,json_query('$.${key.field}')`;
    case "header":
      return `req.fhdr(${key.header})`;
    case "cookie":
      return `req.cook(${key.cookie})`;
    case "query":
      // HAProxy's own url_param also separates at ";" and "?".
      return `query,'regsub("^(.*&)?${key.parameter}=([^&]*).*$","\\2")',url_dec(1)`;
    case "path":
      // Decoded only when it is a segment by itself: in a key a slash may be encoded.
      return `path,field(${placeOf(route).segments.length + 1},/),url_dec`;
  }
}
