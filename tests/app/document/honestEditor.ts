import { Fragment, Slice, type Node } from "@tiptap/pm/model";
import { canJoin, canSplit, findWrapping, Transform } from "@tiptap/pm/transform";
import { initProseMirrorDoc, updateYFragment, ySyncPluginKey } from "@tiptap/y-tiptap";
import * as Y from "yjs";
import { Comments } from "../../../app/document/page/comments.ts";
import { SharedDocument } from "../../../app/document/page/sharedDocument.ts";
import { editorSchema } from "../../../app/document/page/textSchema.ts";

const schema = editorSchema();

/** What somebody does: which of the edits, where, and how much of it, each as a part of 1. */
export interface Deed {
  edit: EditName;
  where: number;
  extent: number;
}

type Edit = (editor: HonestEditor, where: number, extent: number) => void;

const WORDS = "Words that people write, and ünicode. ";

const MARKS = ["bold", "italic", "code", "link", "comment"] as const;
const BLOCKS = ["paragraph", "heading", "codeBlock"] as const;
const WRAPPINGS = ["bulletList", "orderedList", "blockquote"] as const;

function pick<T>(all: readonly [T, ...T[]], part: number): T {
  return all[Math.floor(part * all.length)] ?? all[0];
}

/** Parts of the text as of a page, by the transforms that its commands are made of. */
const TEXT_EDITS = {
  type: (tr, { from }, extent) => {
    const words = WORDS.slice(0, 1 + Math.floor(extent * 3));
    tr.insert(from, schema.text(words, tr.doc.resolve(from).marks()));
  },
  erase: (tr, { from }) => tr.delete(Math.max(1, from - 1), from),
  deleteRange: (tr, { from, to }) => tr.delete(from, to),
  split: (tr, { from }) => canSplit(tr.doc, from) && tr.split(from),
  join: (tr, { from }) => {
    const at = tr.doc.resolve(tr.doc.resolve(from).before(1));
    const isAlike = at.nodeBefore?.type === at.nodeAfter?.type;
    return isAlike && canJoin(tr.doc, at.pos) && tr.join(at.pos);
  },
  mark: (tr, { from, to }, extent) => {
    const name = pick(MARKS, extent);
    const attributes = { link: { href: "https://example.com" }, comment: { id: `c${extent}` } };
    const mark = schema.mark(name, name in attributes ? attributes[name as "link"] : null);
    return tr.addMark(from, to, mark);
  },
  unmark: (tr, { from, to }) => tr.removeMark(from, to),
  block: (tr, { from, to }, extent) => {
    const name = pick(BLOCKS, extent);
    const type = schema.nodes[name];
    return type && tr.setBlockType(from, to, type, name === "heading" ? { level: 2 } : null);
  },
  wrap: (tr, { from, to }, extent) => {
    const range = tr.doc.resolve(from).blockRange(tr.doc.resolve(to));
    const type = schema.nodes[pick(WRAPPINGS, extent)];
    const wrapping = range && type && range.depth < 6 ? findWrapping(range, type) : null;
    return range && wrapping && tr.wrap(range, wrapping);
  },
  lineBreak: (tr, { from }) => tr.insert(from, schema.node("hardBreak")),
  paste: (tr, { from, to }, extent) => {
    const blocks = Array.from({ length: 1 + Math.floor(extent * 8) }, (_, index) =>
      schema.node("paragraph", null, schema.text(WORDS, [schema.mark("bold")].slice(index % 2))),
    );
    return tr.replaceRange(from, to, new Slice(Fragment.from(blocks), 1, 1));
  },
} satisfies Record<
  string,
  (tr: Transform, range: { from: number; to: number }, extent: number) => unknown
>;

const OTHER_EDITS = {
  title: ({ shared }, where, extent) => {
    const { title } = shared;
    const at = Math.floor(where * title.length);
    shared.edit(() => {
      if (extent < 0.3) {
        title.delete(at, Math.min(2, title.length - at));
      } else {
        title.insert(at, WORDS.slice(0, 1 + Math.floor(extent * 3)));
      }
    });
  },
  field: ({ shared }, where, extent) =>
    shared.edit(() => shared.fields.set(pick(["author", "status", "due"], where), `${extent}`)),
  comment: ({ comments }, where, extent) => {
    comments.add(`c${where}`, "Ada", "Why?");
    comments.setResolved(`c${extent}`, extent > 0.5);
  },
  undo: ({ shared }) => shared.undoManager.undo(),
  redo: ({ shared }) => shared.undoManager.redo(),
  pause: ({ shared }) => shared.undoManager.stopCapturing(),
} satisfies Record<string, Edit>;

type EditName = keyof typeof TEXT_EDITS | keyof typeof OTHER_EDITS;

/** Typing is most of what people do. */
export const EDITS: readonly EditName[] = [
  ...Array.from({ length: 8 }, () => "type" as const),
  ...(Object.keys({ ...TEXT_EDITS, ...OTHER_EDITS }) as EditName[]),
];

/** A page without a browser: the same schema, the same shared document, and the same way from one to the other. */
export class HonestEditor {
  readonly shared = new SharedDocument();
  readonly comments = new Comments(this.shared.comments);
  /** What was changed here since this was taken last. */
  #updates: Uint8Array[] = [];

  constructor() {
    this.shared.doc.on("update", (update, origin) => origin !== this && this.#updates.push(update));
  }

  takeUpdates(): Uint8Array[] {
    return this.#updates.splice(0);
  }

  /** Gets what others have changed. */
  receive(update: Uint8Array): void {
    Y.applyUpdate(this.shared.doc, update, this);
  }

  do({ edit, where, extent }: Deed): void {
    if (edit in OTHER_EDITS) {
      OTHER_EDITS[edit as keyof typeof OTHER_EDITS](this, where, extent);
    } else {
      this.#change(edit as keyof typeof TEXT_EDITS, where, extent);
    }
  }

  #change(edit: keyof typeof TEXT_EDITS, where: number, extent: number): void {
    const { doc, body } = this.shared;
    const { doc: read, meta } = initProseMirrorDoc(body, schema);
    const before = read.childCount > 0 ? read : (schema.topNodeType.createAndFill() ?? read);
    const places = placesIn(before);
    const from = places[Math.floor(where * places.length)];
    if (from === undefined) {
      return;
    }
    const to =
      places[Math.min(places.length - 1, Math.floor((where + extent / 5) * places.length))];
    const transform = new Transform(before);
    TEXT_EDITS[edit](transform, { from, to: Math.max(from, to ?? from) }, extent);
    transform.doc.check();
    doc.transact(() => updateYFragment(doc, body, transform.doc, meta), ySyncPluginKey);
  }
}

/** Where a caret may be. */
function placesIn(doc: Node): number[] {
  const places: number[] = [];
  doc.descendants((node, position) => {
    if (node.isTextblock) {
      for (let offset = 0; offset <= node.content.size; offset++) {
        places.push(position + 1 + offset);
      }
    }
  });
  return places;
}
