import { MIMEType } from "node:util";

/** Why a query or a body is rejected with 400. */
export const QUERY_ENCODING = "the query must be percent-encoded UTF-8";
export const BODY_ENCODING = "the body must be UTF-8";

/** Whether a media type names a charset other than UTF-8, which JSON and browsers use by default. */
export function hasOtherCharset(contentType = ""): boolean {
  try {
    const charset = new MIMEType(contentType).params.get("charset");
    return charset !== null && !/^utf-?8$/i.test(charset);
  } catch {
    return false;
  }
}

/** Whether a text is well-formed percent-encoded UTF-8. */
export function isDecodable(encoded: string): boolean {
  try {
    decodeURIComponent(encoded);
    return true;
  } catch {
    return false;
  }
}

/** The query of a URL, which follows the first question mark. */
export function queryOf(url = ""): string {
  const start = url.indexOf("?");
  return start < 0 ? "" : url.slice(start + 1);
}
