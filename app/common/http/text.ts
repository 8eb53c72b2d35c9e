import { MIMEType } from "node:util";

/** Whether a media type names another charset than UTF-8, which is that of JSON and of all that browsers send. */
export function hasOtherCharset(contentType = ""): boolean {
  try {
    const charset = new MIMEType(contentType).params.get("charset");
    return charset !== null && !/^utf-?8$/i.test(charset);
  } catch {
    return false;
  }
}

/** Whether percent-encoding is whole, and stands for UTF-8. */
export function isDecodable(encoded: string): boolean {
  try {
    decodeURIComponent(encoded);
    return true;
  } catch {
    return false;
  }
}

/** The query of a URL, from its first question mark on. */
export function queryOf(url = ""): string {
  const start = url.indexOf("?");
  return start < 0 ? "" : url.slice(start + 1);
}
