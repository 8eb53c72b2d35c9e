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
import { bringsUnshowable, isShowable, removeUnshowable } from "./unshowable.ts";
import { restoreVersion, type VersionState } from "./versionPreview.ts";

const UNSHOWABLE =
  "This document has content that this page cannot show, so it cannot be edited. Restore an earlier version, or remove what cannot be shown.";
const BROKEN =
  "Somebody has added content that this page cannot show. Reload the document to continue.";

/** The page of a document: its text and everything around it. */
export class DocumentPage {
  readonly #paper = byId("paper", HTMLElement);
  readonly #trouble = byId("trouble", HTMLElement);
  readonly #reload = byId("reload", HTMLButtonElement);
  readonly #repair = byId("repair", HTMLButtonElement);
  readonly #shared = new SharedDocument();
  readonly #composition = new Composition(this.#shared);
  readonly #status = new SaveStatus(() => this.#connection.hasUnsaved);
  readonly #id: string;
  readonly #connection: Connection;
  readonly #people: People;
  #editor: Editor | undefined;
  /** The notice that something cannot be shown; empty if everything can. */
  #unshowable = "";

  /** @param onReplica receives the name of the replica that serves the document */
  constructor(id: string, onReplica: (name: string) => void) {
    this.#id = id;
    this.#connection = new Connection(id, this.#shared.doc, {
      onState: (state, isReady) => this.#showState(state, isReady),
      onReplica,
      onTrouble: (words) => this.#showTrouble(words),
      onReady: () => this.#open(),
      onUpdate: (update, apply) => this.#composition.admit(update, apply),
    });
    this.#people = new People(this.#connection);
    this.#reload.addEventListener("click", () => location.reload());
    this.#repair.addEventListener("click", () => removeUnshowable(this.#shared));
    this.#paper.addEventListener("keydown", (event) => this.#undoOutsideTheText(event));
  }

  /** Shows the document, which has just loaded. */
  #open(): void {
    const { doc } = this.#shared;
    const hasUnsaved = (): boolean => this.#connection.hasUnsaved;
    new History(this.#id, hasUnsaved, (version) => this.#restore(version));
    this.#paper.ariaBusy = "false";
    if (isShowable(this.#shared)) {
      this.#begin();
    } else {
      this.#unshowable = UNSHOWABLE;
      this.#repair.hidden = false;
      this.#showTrouble("");
    }
    doc.on("beforeObserverCalls", (transaction) => {
      if (this.#editor !== undefined && bringsUnshowable(transaction)) {
        // The editor would fail, and all that is typed afterwards would be lost.
        transaction.changed.clear();
        transaction.changedParentTypes.clear();
        this.#unshowable = BROKEN;
        this.#showTrouble("");
        this.#connection.end();
      }
    });
    doc.on("afterTransaction", () => {
      if (this.#editor === undefined && isShowable(this.#shared)) {
        this.#unshowable = "";
        this.#repair.hidden = true;
        this.#showTrouble("");
        this.#begin();
      }
    });
  }

  /** Restores a version, after removing what cannot be shown. */
  #restore(version: VersionState): void {
    if (this.#editor === undefined) {
      removeUnshowable(this.#shared);
    }
    if (this.#editor !== undefined) {
      restoreVersion(version, this.#shared, this.#editor);
      this.#editor.view.focus();
    }
  }

  /** Creates the editor and enables everything around it. */
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
    this.#editor = editor;
  }

  #showState(state: SaveState, isReady: boolean): void {
    this.#status.show(this.#unshowable === "" ? state : "unshowable", isReady);
    if (state === "refused") {
      this.#lock();
    }
  }

  /** Makes the page read-only: changes would be lost, but the text can be copied. */
  #lock(): void {
    this.#editor?.setEditable(false);
    byId("title", HTMLTextAreaElement).readOnly = true;
    document.querySelectorAll<HTMLElement>("[data-edits]").forEach((part) => (part.inert = true));
    this.#reload.hidden = false;
  }

  #showTrouble(words: string): void {
    const shown = words === "" ? this.#unshowable : words;
    setText(this.#trouble, shown);
    byId("notice", HTMLElement).hidden = shown === "";
  }

  /** Undoes and redoes in title and fields, which share one history with the text; the editor handles its own keys. */
  #undoOutsideTheText(event: KeyboardEvent): void {
    const { target, key, shiftKey } = event;
    const letter = key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || event.altKey || !["z", "y"].includes(letter)) {
      return;
    }
    if (event.isComposing) {
      // The browser would use an undo history of its own.
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
