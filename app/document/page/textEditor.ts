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

/** Handlers of events in the text that concern other parts of the page. */
export interface EditorHandlers {
  onComment: () => void;
  onLink: () => void;
  onToolbar: () => void;
  /** Receives the comment that was clicked in the text. */
  onPassage: (id: string) => void;
  /** Receives what was left out of a paste; empty if nothing was. */
  onLeftOut: (words: string) => void;
}

/** Creates the editor of the text. */
export function createEditor(
  { doc, body, undoManager }: SharedDocument,
  awareness: Awareness,
  comments: Comments,
  handlers: EditorHandlers,
): Editor {
  const place = byId("text", HTMLElement);
  const editor = new Editor({
    element: place,
    // The page's style sheet contains these rules, because its policy blocks injected styles.
    injectCSS: false,
    extensions: [
      ...textExtensions(),
      Collaboration.configure({ document: doc, fragment: body, yUndoOptions: { undoManager } }),
      Carets.configure({ awareness }),
      PassageMarks.configure({
        exists: (id) => comments.find(id) !== undefined,
        isOpen: (id) => comments.isOpen(id),
        onClick: handlers.onPassage,
      }),
      UndoSteps,
      Clipboard.configure({ onLeftOut: handlers.onLeftOut }),
      shortcuts(handlers),
    ],
    editorProps: {
      // Leaves room for the bar above the text, which stays while the page scrolls.
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

/** The paragraph or other text block that contains the caret; undefined if it is between two. */
export function textblockAt({ $head }: Selection, body: XmlFragment): XmlElement | undefined {
  let element: unknown = body;
  for (let depth = 0; depth < $head.depth; depth += 1) {
    element = (element as XmlFragment).get($head.index(depth));
  }
  return element instanceof XmlElement ? element : undefined;
}

/**
 * Keeps what is typed one step of undo while others type, too. The binding excludes others' changes from undo until the
 * next change of one's own, and starts a new step whenever a caret moves meanwhile.
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

function shortcuts({ onComment, onLink, onToolbar }: EditorHandlers): Extension {
  const runs = (handler: () => void) => () => {
    handler();
    return true;
  };
  return Extension.create({
    name: "shortcuts",
    addKeyboardShortcuts: () => ({
      "Mod-Alt-m": runs(onComment),
      "Mod-k": runs(onLink),
      "Alt-F10": runs(onToolbar),
    }),
  });
}

/** Opens a link that is clicked with Control or Command; a plain click places the caret, as everywhere in the text. */
function openLink(event: MouseEvent): boolean {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const hasModifier = event.ctrlKey || event.metaKey;
  if (link === null || !hasModifier || !isAllowedLink(link.href)) {
    return false;
  }
  window.open(link.href, "_blank", "noopener,noreferrer");
  event.preventDefault();
  return true;
}
