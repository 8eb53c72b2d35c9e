import type { Editor } from "@tiptap/core";
import { DOMSerializer, Node, type Schema } from "@tiptap/pm/model";
import { yXmlFragmentToProseMirrorRootNode } from "@tiptap/y-tiptap";
import { applyUpdate } from "yjs";
import { SharedDocument, textIn } from "./sharedDocument.ts";
import { removeUnshowable } from "./unshowable.ts";

/** The content of a version. */
export interface VersionState {
  title: string;
  fields: ReadonlyMap<string, string>;
  body: Node;
}

/** Reads the part of a version that can be shown; undefined if it is unreadable. */
export function readVersion(update: unknown, schema: Schema): VersionState | undefined {
  if (!(update instanceof Uint8Array)) {
    return undefined;
  }
  const shared = new SharedDocument();
  try {
    applyUpdate(shared.doc, update);
    removeUnshowable(shared);
    const read = yXmlFragmentToProseMirrorRootNode(shared.body, schema);
    const body = read.childCount > 0 ? read : schema.topNodeType.createAndFill();
    const names = [...shared.fields.keys()];
    const fields = new Map(names.map((name) => [name, textIn(shared.fields, name)]));
    return body === null ? undefined : { title: shared.title.toJSON(), fields, body };
  } catch {
    return undefined;
  } finally {
    shared.doc.destroy();
  }
}

/** Restores a version as an ordinary edit, which merges with others and can be undone. */
export function restoreVersion(
  { title, fields, body }: VersionState,
  shared: SharedDocument,
  editor: Editor,
): void {
  shared.editAtOnce(() => {
    shared.title.delete(0, shared.title.length);
    shared.title.insert(0, title);
    for (const name of new Set([...shared.fields.keys(), ...fields.keys()])) {
      shared.fields.set(name, fields.get(name) ?? "");
    }
    const { tr, doc } = editor.state;
    const { content } = Node.fromJSON(editor.schema, body.toJSON());
    editor.view.dispatch(tr.replaceWith(0, doc.content.size, content));
  });
}

/** Renders the text of a version. */
export function renderVersion({ body }: VersionState): DocumentFragment {
  const fragment = document.createDocumentFragment();
  DOMSerializer.fromSchema(body.type.schema).serializeFragment(
    body.content,
    { document },
    fragment,
  );
  return fragment;
}
