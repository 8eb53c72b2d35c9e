import type { Editor } from "@tiptap/core";
import { byId, setText } from "../../common/page/dom.ts";
import { CommentPanel } from "./commentPanel.ts";
import { Comments } from "./comments.ts";
import { Composition } from "./composition.ts";
import { Connection, type SaveState } from "./connection.ts";
import { Fields } from "./fields.ts";
import { History } from "./history.ts";
import { LeftOutNote } from "./leftOutNote.ts";
import { LinkDialog } from "./linkDialog.ts";
import { People } from "./people.ts";
import { SaveStatus } from "./saveStatus.ts";
import { SharedDocument } from "./sharedDocument.ts";
import { createEditor, textblockAt } from "./textEditor.ts";
import { TitleField } from "./titleField.ts";
import { Toolbar } from "./toolbar.ts";

/** A document with all that is around its text. */
export class DocumentPage {
  readonly #paper = byId("paper", HTMLElement);
  readonly #trouble = byId("trouble", HTMLElement);
  readonly #reload = byId("reload", HTMLButtonElement);
  readonly #shared = new SharedDocument();
  readonly #composition = new Composition(this.#shared);
  readonly #status = new SaveStatus(() => this.#connection.hasUnsaved);
  readonly #id: string;
  readonly #connection: Connection;
  readonly #people: People;
  #editor: Editor | undefined;

  /** @param onReplica is told which replica serves the document */
  constructor(id: string, onReplica: (name: string) => void) {
    this.#id = id;
    this.#connection = new Connection(id, this.#shared.doc, {
      onState: (state, isReady) => this.#showState(state, isReady),
      onReplica,
      onTrouble: (words) => this.#showTrouble(words),
      onReady: () => this.#begin(),
      onUpdate: (update, apply) => this.#composition.admit(update, apply),
    });
    this.#people = new People(this.#connection);
    this.#reload.addEventListener("click", () => location.reload());
    this.#paper.addEventListener("keydown", (event) => this.#undoOutsideTheText(event));
  }

  /** The document is here: what was locked until now can be used. */
  #begin(): void {
    const comments = new Comments(this.#shared.comments);
    const editor = createEditor(this.#shared, this.#connection.awareness, comments, {
      onComment: () => panel.compose(),
      onLink: () => links.show(),
      onToolbar: () => toolbar.focus(),
      onPassage: (id) => panel.reveal(id),
      onLeftOut: (words) => leftOut.show(words),
    });
    this.#composition.watch(editor.view.dom, () =>
      textblockAt(editor.state.selection, this.#shared.body),
    );
    const leftOut = new LeftOutNote(() => editor.view.focus());
    const panel = new CommentPanel(editor, comments, this.#composition, () => this.#people.own);
    const links = new LinkDialog(editor);
    const toolbar = new Toolbar(editor, this.#shared, {
      onComment: () => panel.compose(),
      onLink: () => links.show(),
    });
    new TitleField(this.#shared, this.#composition, () => editor.view.focus());
    new Fields(this.#shared, this.#composition);
    new History(this.#id, this.#shared, editor, () => this.#connection.hasUnsaved);
    this.#editor = editor;
    this.#paper.ariaBusy = "false";
  }

  #showState(state: SaveState, isReady: boolean): void {
    this.#status.show(state, isReady);
    if (state === "refused") {
      this.#lock();
    }
  }

  /** What would be typed now would be lost, too; what is there can be copied. */
  #lock(): void {
    this.#editor?.setEditable(false);
    byId("title", HTMLTextAreaElement).readOnly = true;
    document.querySelectorAll<HTMLElement>("[data-edits]").forEach((part) => (part.inert = true));
    this.#reload.hidden = false;
  }

  #showTrouble(words: string): void {
    setText(this.#trouble, words);
    byId("notice", HTMLElement).hidden = words === "";
  }

  /** Title, fields and text have one history; the text's own keys are the editor's. */
  #undoOutsideTheText(event: KeyboardEvent): void {
    const { target, key, shiftKey } = event;
    const letter = key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || event.altKey || !["z", "y"].includes(letter)) {
      return;
    }
    if (event.isComposing) {
      // The browser would undo by a history of its own.
      event.preventDefault();
      return;
    }
    const { undoManager } = this.#shared;
    if (target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement) {
      event.preventDefault();
      if (letter === "y" || shiftKey) {
        undoManager.redo();
      } else {
        undoManager.undo();
      }
    }
  }
}
