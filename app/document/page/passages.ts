import { Extension } from "@tiptap/core";
import { Fragment, Slice, type Mark, type Node } from "@tiptap/pm/model";
import { Plugin, PluginKey, type EditorState, type Transaction } from "@tiptap/pm/state";
import { Decoration, DecorationSet } from "@tiptap/pm/view";
import {
  absolutePositionToRelativePosition,
  relativePositionToAbsolutePosition,
  ySyncPluginKey,
} from "@tiptap/y-tiptap";
import type { Doc, XmlFragment } from "yjs";
import { COMMENT_MARK } from "./commentMark.ts";

export interface Range {
  from: number;
  to: number;
}

/** The text that a comment is about; it may be in several pieces. */
export interface Passage extends Range {
  text: string;
  pieces: readonly Range[];
}

/** The passage of a comment that is being written, which moves with the text. */
interface Draft extends Range {
  anchors: readonly [from: unknown, to: unknown];
}

export interface Passages {
  byComment: ReadonlyMap<string, Passage>;
  draft: Draft | undefined;
  /** The comment that is highlighted. */
  active: string | undefined;
  decorations: DecorationSet;
}

/** A change that does not affect the text. */
interface Change {
  draft?: Range | null;
  active?: string | null;
}

/** The part of the state of the Yjs binding that is used here. */
interface Binding {
  doc: Doc;
  type: XmlFragment;
  binding: { mapping: Parameters<typeof relativePositionToAbsolutePosition>[3] };
  isChangeOrigin: boolean;
}

const key = new PluginKey<Passages>("passages");

interface PassageOptions {
  /** True if a comment exists. */
  exists: (id: string) => boolean;
  /** True if a comment is not resolved. */
  isOpen: (id: string) => boolean;
  /** Receives the comment that was clicked. */
  onClick: (id: string) => void;
}

/** Tracks the passages of comments, and highlights those of open comments. */
export const PassageMarks = Extension.create<PassageOptions>({
  name: "passages",
  addOptions: () => ({ exists: () => false, isOpen: () => false, onClick: () => undefined }),
  addProseMirrorPlugins() {
    const { exists, isOpen, onClick } = this.options;
    return [
      new Plugin<Passages>({
        key,
        state: {
          init: (_config, state) => withDecorations(state.doc, findPassages(state.doc), isOpen),
          apply: (tr, passages, _before, state) => follow(tr, passages, state, isOpen),
        },
        props: {
          decorations: (state) => passagesIn(state).decorations,
          handleClick: (view, position) => {
            const [id] = commentsAt(view.state, position).filter(isOpen);
            if (id !== undefined) {
              onClick(id);
            }
            return false;
          },
          transformPasted: (slice, view) => {
            const { byComment } = passagesIn(view.state);
            const isMoved = view.dragging?.move === true;
            return withoutMarks(slice, (id) => isMoved || (exists(id) && !byComment.has(id)));
          },
        },
      }),
    ];
  },
});

export function passagesIn(state: EditorState): Passages {
  const passages = key.getState(state);
  if (passages === undefined) {
    throw new Error("the editor has no passages");
  }
  return passages;
}

/** Adds a change of what is highlighted to a transaction. */
export function changePassages(tr: Transaction, change: Change): Transaction {
  return tr.setMeta(key, change);
}

/** The comments at a position, innermost first. */
export function commentsAt(state: EditorState, position: number): string[] {
  const found = [...passagesIn(state).byComment].filter(([, { pieces }]) =>
    pieces.some(({ from, to }) => from <= position && position <= to),
  );
  const length = (passage: Passage): number => passage.to - passage.from;
  return found.sort(([, one], [, other]) => length(one) - length(other)).map(([id]) => id);
}

function follow(
  tr: Transaction,
  before: Passages,
  state: EditorState,
  isOpen: (id: string) => boolean,
): Passages {
  const change = tr.getMeta(key) as Change | undefined;
  if (!tr.docChanged && change === undefined) {
    return before;
  }
  const draft =
    change?.draft === undefined ? moved(before.draft, tr, state) : anchored(change.draft, state);
  const active = change?.active === undefined ? before.active : (change.active ?? undefined);
  const byComment = tr.docChanged ? findPassages(tr.doc) : before.byComment;
  return withDecorations(tr.doc, byComment, isOpen, draft, active);
}

/** Moves a draft with the text. A change by others replaces the text, so only positions of Yjs survive it. */
function moved(draft: Draft | undefined, tr: Transaction, state: EditorState): Draft | undefined {
  if (draft === undefined) {
    return undefined;
  }
  const { doc, type, binding, isChangeOrigin } = bindingOf(state);
  const [from, to] = isChangeOrigin
    ? draft.anchors.map((each) =>
        relativePositionToAbsolutePosition(doc, type, each, binding.mapping),
      )
    : [tr.mapping.map(draft.from, 1), tr.mapping.map(draft.to, -1)];
  return typeof from === "number" && typeof to === "number" && from < to
    ? { ...draft, from, to }
    : undefined;
}

function anchored(range: Range | null, state: EditorState): Draft | undefined {
  if (range === null) {
    return undefined;
  }
  const { from, to } = range;
  const { type, binding } = bindingOf(state);
  const anchorOf = (position: number): unknown =>
    absolutePositionToRelativePosition(position, type, binding.mapping);
  return { from, to, anchors: [anchorOf(from), anchorOf(to)] };
}

function bindingOf(state: EditorState): Binding {
  return ySyncPluginKey.getState(state) as Binding;
}

function findPassages(doc: Node): Map<string, Passage> {
  const passages = new Map<string, Passage>();
  doc.descendants((node, from) => {
    const to = from + node.nodeSize;
    for (const id of idsOn(node.marks)) {
      const { text = "" } = node;
      const before = passages.get(id) ?? { from, to, text: "", pieces: [] };
      const gap = before.to === from || before.text === "" ? "" : " ";
      const pieces = [...before.pieces, { from, to }];
      passages.set(id, { from: before.from, to, text: before.text + gap + text, pieces });
    }
  });
  return passages;
}

function idsOn(marks: readonly Mark[]): string[] {
  return marks
    .filter(({ type }) => type.name === COMMENT_MARK)
    .map(({ attrs }) => String(attrs.id));
}

function withDecorations(
  doc: Node,
  byComment: ReadonlyMap<string, Passage>,
  isOpen: (id: string) => boolean,
  draft?: Draft,
  active?: string,
): Passages {
  const shown = [...byComment].filter(([id]) => isOpen(id));
  const decorations = shown.flatMap(([id, { pieces }]) => {
    const name = id === active ? "commented active" : "commented";
    return pieces.map(({ from, to }) => Decoration.inline(from, to, { class: name }));
  });
  if (draft !== undefined) {
    decorations.push(Decoration.inline(draft.from, draft.to, { class: "commented active" }));
  }
  return { byComment, draft, active, decorations: DecorationSet.create(doc, decorations) };
}

/** Removes comments from pasted text: a passage that is moved keeps its comment, and a copy has none. */
function withoutMarks(slice: Slice, isKept: (id: string) => boolean): Slice {
  const strip = (fragment: Fragment): Fragment =>
    Fragment.from(
      fragment.content.map((node) => {
        const kept = node.marks.filter(
          ({ type, attrs }) => type.name !== COMMENT_MARK || isKept(String(attrs.id)),
        );
        return (node.isText ? node : node.copy(strip(node.content))).mark(kept);
      }),
    );
  return new Slice(strip(slice.content), slice.openStart, slice.openEnd);
}
