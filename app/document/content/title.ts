import * as Y from "yjs";
import { FORBIDDEN, isVisible } from "../../common/http/visibleText.ts";

/** Most characters of a title in lists. */
export const MAX_TITLE = 200;

/** Characters that become a space in lists. */
const UNFIT = new RegExp(`(?:${FORBIDDEN.source}|\\p{Z})+`, "gu");
const IN_LISTS = new RegExp(`^.{0,${MAX_TITLE}}`, "u");

/** Characters that are read to make a title for lists, however long the text is. */
const MAX_READ = 1000;

/** The shared text that is a document's title. */
export const titleOf = (document: Y.Doc): Y.Text => document.getText("title");

/** The title of a document as lists show it: one line, cut to a length, and empty if no character is visible. */
export function titleIn(document: Y.Doc): string {
  const line = beginningOf(titleOf(document)).replace(UNFIT, " ").trim();
  return isVisible(line) ? (IN_LISTS.exec(line)?.[0] ?? "") : "";
}

function beginningOf(text: Y.Text): string {
  let beginning = "";
  for (let item = text._start; item !== null && beginning.length < MAX_READ; item = item.right) {
    if (!item.deleted && item.content instanceof Y.ContentString) {
      beginning += item.content.str.slice(0, MAX_READ);
    }
  }
  return beginning;
}

/** An update that gives an empty document a title. */
export function titled(title: string): Uint8Array {
  const document = new Y.Doc();
  titleOf(document).insert(0, title);
  return Y.encodeStateAsUpdate(document);
}
