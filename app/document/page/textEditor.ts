import { Editor, Extension } from "@tiptap/core";
import { Collaboration } from "@tiptap/extension-collaboration";
import { Plugin, type Selection } from "@tiptap/pm/state";
import { ySyncPluginKey } from "@tiptap/y-tiptap";
import type { Awareness } from "y-protocols/awareness";
import { XmlElement, type XmlFragment } from "yjs";
import { byId } from "../../common/page/dom.ts";
import { Carets } from "./carets.ts";
import { Clipboard } from "./clipboard.ts";
import type { Comments } from "./comments.ts";
import { textExtensions } from "./extensions.ts";
import { isAllowedLink } from "./links.ts";
import { PassageMarks } from "./passages.ts";
import type { SharedDocument } from "./sharedDocument.ts";

/** What the keyboard asks for in the text that is not a matter of the text alone. */
export interface EditorWishes {
  onComment: () => void;
  onLink: () => void;
  onToolbar: () => void;
  /** Is told which comment was clicked in the text. */
  onPassage: (id: string) => void;
  /** Is told what was left out of what was pasted; empty where that is nothing. */
  onLeftOut: (words: string) => void;
}

/** Makes the editor of the text. */
export function createEditor(
  { doc, body, undoManager }: SharedDocument,
  awareness: Awareness,
  comments: Comments,
  wishes: EditorWishes,
): Editor {
  const place = byId("text", HTMLElement);
  const editor = new Editor({
    element: place,
    // The page's style sheet has it: no other style is allowed.
    injectCSS: false,
    extensions: [
      ...textExtensions(),
      Collaboration.configure({ document: doc, fragment: body, yUndoOptions: { undoManager } }),
      Carets.configure({ awareness }),
      PassageMarks.configure({
        exists: (id) => comments.find(id) !== undefined,
        isOpen: (id) => comments.isOpen(id),
        onClick: wishes.onPassage,
      }),
      UndoSteps,
      Clipboard.configure({ onLeftOut: wishes.onLeftOut }),
      shortcuts(wishes),
    ],
    editorProps: {
      // The bar above the text stays while one scrolls.
      scrollMargin: { top: 96, bottom: 32, left: 0, right: 0 },
      scrollThreshold: { top: 96, bottom: 32, left: 0, right: 0 },
      attributes: {
        role: "textbox",
        "aria-multiline": "true",
        "aria-label": "Text",
        "aria-describedby": "text-hint",
        "aria-keyshortcuts": "Alt+F10 Control+Alt+M Control+K",
      },
      handleDOMEvents: { click: (_view, event) => openLink(event) },
    },
  });
  const showEmptiness = (): boolean => place.classList.toggle("empty", editor.isEmpty);
  editor.on("transaction", showEmptiness);
  showEmptiness();
  return editor;
}

/** The paragraph, or the like, in which the caret is; none where it is between two. */
export function textblockAt({ $head }: Selection, body: XmlFragment): XmlElement | undefined {
  let element: unknown = body;
  for (let depth = 0; depth < $head.depth; depth += 1) {
    element = (element as XmlFragment).get($head.index(depth));
  }
  return element instanceof XmlElement ? element : undefined;
}

/**
 * Keeps what is typed one step of undo while others type too: the binding takes another's change for one that is not
 * undone, until something is changed here, and begins a new step with each caret that moves meanwhile.
 */
const UndoSteps = Extension.create({
  name: "undoSteps",
  addProseMirrorPlugins: () => [
    new Plugin({
      appendTransaction(transactions, _before, { tr }) {
        const changes = transactions.map((each): unknown => each.getMeta(ySyncPluginKey));
        const last = changes.findLast((change) => change !== undefined);
        return isOthers(last) ? tr.setMeta(ySyncPluginKey, { ...last, addToHistory: true }) : null;
      },
    }),
  ],
});

function isOthers(change: unknown): change is { isChangeOrigin: true } {
  return typeof change === "object" && change !== null && "isChangeOrigin" in change;
}

function shortcuts({ onComment, onLink, onToolbar }: EditorWishes): Extension {
  const does = (wish: () => void) => () => {
    wish();
    return true;
  };
  return Extension.create({
    name: "shortcuts",
    addKeyboardShortcuts: () => ({
      "Mod-Alt-m": does(onComment),
      "Mod-k": does(onLink),
      "Alt-F10": does(onToolbar),
    }),
  });
}

/** A click on a link places the caret, as everywhere in the text; with Control or Command it opens the link. */
function openLink(event: MouseEvent): boolean {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const isWish = event.ctrlKey || event.metaKey;
  if (link === null || !isWish || !isAllowedLink(link.href)) {
    return false;
  }
  window.open(link.href, "_blank", "noopener,noreferrer");
  event.preventDefault();
  return true;
}
