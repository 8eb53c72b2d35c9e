import { defaultDeleteFilter, defaultProtectedNodes, ySyncPluginKey } from "@tiptap/y-tiptap";
import { Doc, UndoManager, type Map as YMap } from "yjs";

/** What the page itself changes beside the text; one's own changes alone are undone. */
const OWN_EDIT = Symbol("own edit");

/** What people have in common: a title, some fields, a text, and comments on passages of it. */
export class SharedDocument {
  readonly doc = new Doc();
  readonly title = this.doc.getText("title");
  readonly fields: YMap<unknown> = this.doc.getMap("fields");
  readonly body = this.doc.getXmlFragment("body");
  readonly comments: YMap<unknown> = this.doc.getMap("comments");

  /** One history for title, fields and text: what is undone is what one did last, wherever. */
  readonly undoManager = new UndoManager([this.title, this.fields, this.body], {
    trackedOrigins: new Set([ySyncPluginKey, OWN_EDIT]),
    deleteFilter: (item) => defaultDeleteFilter(item, defaultProtectedNodes),
    captureTransaction: ({ meta }) => meta.get("addToHistory") !== false,
  });

  /** Changes title or fields as an edit of one's own, which can be undone. */
  edit(change: () => void): void {
    this.doc.transact(change, OWN_EDIT);
  }

  /** Makes one edit of several changes, apart from those before and after it. */
  editAtOnce(change: () => void): void {
    this.undoManager.stopCapturing();
    this.edit(change);
    this.undoManager.stopCapturing();
  }
}

/** The text that a field has; what others sent may be anything. */
export function textIn(map: YMap<unknown>, name: string): string {
  const value = map.get(name);
  return typeof value === "string" ? value : "";
}
