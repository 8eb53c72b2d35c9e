import { defaultDeleteFilter, defaultProtectedNodes, ySyncPluginKey } from "@tiptap/y-tiptap";
import { Doc, UndoManager, type Map as YMap } from "yjs";

/** The origin of one's own changes outside of the text, which makes them undoable. */
const OWN_EDIT = Symbol("own edit");

/** The content that people share: title, fields, text, and comments on passages of it. */
export class SharedDocument {
  readonly doc = new Doc();
  readonly title = this.doc.getText("title");
  readonly fields: YMap<unknown> = this.doc.getMap("fields");
  readonly body = this.doc.getXmlFragment("body");
  readonly comments: YMap<unknown> = this.doc.getMap("comments");

  /** One undo history for title, fields and text, so undo reverts one's last edit wherever it was. */
  readonly undoManager = new UndoManager([this.title, this.fields, this.body], {
    trackedOrigins: new Set([ySyncPluginKey, OWN_EDIT]),
    deleteFilter: (item) => defaultDeleteFilter(item, defaultProtectedNodes),
    captureTransaction: ({ meta }) => meta.get("addToHistory") !== false,
  });

  /** Changes title or fields as one's own edit, which can be undone. */
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

/** The text of a field; empty for anything else that others may have sent. */
export function textIn(map: YMap<unknown>, name: string): string {
  const value = map.get(name);
  return typeof value === "string" ? value : "";
}
