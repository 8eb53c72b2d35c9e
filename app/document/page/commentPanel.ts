import type { Editor } from "@tiptap/core";
import { uuidv4 } from "lib0/random";
import { byId, create, setText } from "../../common/page/dom.ts";
import { announce } from "./announce.ts";
import { CommentEntry } from "./commentEntry.ts";
import { MAX_COMMENT, type Comment, type Comments } from "./comments.ts";
import { COMMENT_MARK } from "./commentMark.ts";
import type { Composition } from "./composition.ts";
import { changePassages, commentsAt, passagesIn } from "./passages.ts";
import type { Person } from "./person.ts";
import { excerpt } from "./words.ts";

/** The comments beside the text, in the order of their passages. */
export class CommentPanel {
  readonly #title = byId("comments-title", HTMLElement);
  readonly #note = byId("comments-note", HTMLElement);
  readonly #list = byId("comments", HTMLOListElement);
  readonly #showResolved = byId("show-resolved", HTMLInputElement);
  readonly #resolvedLabel = byId("resolved-label", HTMLElement);
  readonly #resolvedCount = byId("resolved-count", HTMLElement);
  readonly #composer = byId("composer", HTMLFormElement);
  readonly #passage = byId("composer-passage", HTMLElement);
  readonly #words = byId("composer-words", HTMLTextAreaElement);
  readonly #entries = new Map<string, CommentEntry>();
  readonly #editor: Editor;
  readonly #comments: Comments;
  readonly #composition: Composition;
  readonly #own: () => Person;

  /** Comments that were there at the start, or that were announced. */
  readonly #known: Set<string>;

  /** @param own the author of new comments */
  constructor(editor: Editor, comments: Comments, composition: Composition, own: () => Person) {
    this.#editor = editor;
    this.#comments = comments;
    this.#composition = composition;
    this.#own = own;
    this.#known = new Set(comments.all.map(({ id }) => id));
    this.#words.maxLength = MAX_COMMENT;
    this.#composer.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    composition.watch(this.#words, () => undefined);
    this.#composer.addEventListener("keydown", (event) => this.#pressed(event));
    byId("composer-cancel", HTMLButtonElement).addEventListener("click", () => this.#cancel());
    this.#showResolved.addEventListener("change", () => this.#show());
    editor.on("transaction", ({ transaction }) => {
      if (transaction.docChanged || transaction.selectionSet) {
        this.#followCaret();
      }
      this.#show();
    });
    comments.observe((isRemote) => this.#changed(isRemote));
    this.#show();
  }

  /** Opens the composer for the selection or, if it is empty, shows the comment at the caret. */
  compose(): void {
    const { from, to, empty } = this.#editor.state.selection;
    if (!empty) {
      const { tr } = this.#editor.state;
      this.#editor.view.dispatch(changePassages(tr, { draft: { from, to } }));
      this.#words.focus();
      return;
    }
    const here = commentsAt(this.#editor.state, from).find((id) => this.#comments.isOpen(id));
    if (here === undefined) {
      announce("Select the text to comment on first.");
      this.#note.classList.add("asked");
    } else {
      this.reveal(here);
      this.#entries.get(here)?.focus();
    }
  }

  /** Highlights the comment of a passage that was clicked. */
  reveal(id: string): void {
    this.#activate(id);
    this.#entries.get(id)?.reveal();
  }

  #submit(): void {
    const text = this.#words.value.trim();
    const { draft } = passagesIn(this.#editor.state);
    if (text === "" || draft === undefined) {
      this.#words.focus();
      return;
    }
    const id = uuidv4();
    const mark = this.#editor.schema.mark(COMMENT_MARK, { id });
    const tr = this.#editor.state.tr.addMark(draft.from, draft.to, mark);
    // Undo leaves comments alone, because they are not part of the text.
    tr.setMeta("addToHistory", false);
    this.#words.value = "";
    this.#editor.view.dispatch(changePassages(tr, { draft: null, active: id }).scrollIntoView());
    this.#comments.add(id, this.#own().name, text);
    this.#editor.view.focus();
    announce("Your comment was added.");
  }

  #cancel(): void {
    this.#words.value = "";
    const { tr } = this.#editor.state;
    this.#editor.view.dispatch(changePassages(tr, { draft: null }).scrollIntoView());
    this.#editor.view.focus();
  }

  #pressed(event: KeyboardEvent): void {
    if (this.#composition.owns(event)) {
      return;
    }
    if (event.key === "Escape") {
      this.#cancel();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      this.#composer.requestSubmit();
    }
  }

  #changed(isRemote: boolean): void {
    const { tr } = this.#editor.state;
    this.#editor.view.dispatch(changePassages(tr, {}));
    for (const { id, author, text } of this.#comments.all) {
      if (isRemote && !this.#known.has(id)) {
        announce(`${author} comments: ${excerpt(text, 80)}`);
      }
      this.#known.add(id);
    }
  }

  #followCaret(): void {
    const { state } = this.#editor;
    const [here] = commentsAt(state, state.selection.head).filter((id) =>
      this.#comments.isOpen(id),
    );
    if (here !== passagesIn(state).active && this.#editor.isFocused) {
      this.#activate(here);
    }
  }

  #activate(id: string | undefined): void {
    const { tr } = this.#editor.state;
    this.#editor.view.dispatch(changePassages(tr, { active: id ?? null }));
  }

  #show(): void {
    const { byComment, draft, active } = passagesIn(this.#editor.state);
    const all = this.#comments.all;
    const resolved = all.filter(({ isResolved }) => isResolved).length;
    const shown = all
      .filter(({ isResolved }) => !isResolved || this.#showResolved.checked)
      .map((comment) => ({ comment, from: byComment.get(comment.id)?.from ?? Infinity }))
      .sort((one, other) => (one.from === other.from ? 0 : one.from - other.from))
      .map(({ comment }) => comment);

    this.#composer.hidden = draft === undefined;
    if (draft !== undefined) {
      const passage = this.#editor.state.doc.textBetween(draft.from, draft.to, " ");
      setText(this.#passage, excerpt(passage, 120));
    }
    this.#note.hidden = draft !== undefined || shown.length > 0;
    setText(
      this.#title,
      all.length > resolved ? `Comments (${all.length - resolved})` : "Comments",
    );
    this.#resolvedLabel.hidden = resolved === 0;
    setText(this.#resolvedCount, `Show ${resolved} resolved`);
    this.#list.hidden = shown.length === 0;
    this.#arrange(shown);
    for (const comment of shown) {
      const passage = byComment.get(comment.id)?.text;
      this.#entries.get(comment.id)?.show(comment, passage, comment.id === active);
    }
  }

  /** Reuses the elements of entries, so the focus stays where it is. */
  #arrange(shown: readonly Comment[]): void {
    const ids = new Set(shown.map(({ id }) => id));
    for (const [id, entry] of this.#entries) {
      if (!ids.has(id)) {
        const hadFocus = entry.element.contains(document.activeElement);
        entry.element.remove();
        this.#entries.delete(id);
        if (hadFocus) {
          this.#title.focus();
        }
      }
    }
    shown.forEach(({ id }, index) => {
      const entry = this.#entries.get(id) ?? this.#newEntry(id);
      if (this.#list.children[index] !== entry.element) {
        this.#list.insertBefore(entry.element, this.#list.children[index] ?? null);
      }
    });
  }

  #newEntry(id: string): CommentEntry {
    const entry = new CommentEntry(create("li", "comment"), {
      onJump: () => this.#jump(id),
      onResolve: (isResolved) => this.#comments.setResolved(id, isResolved),
    });
    this.#entries.set(id, entry);
    return entry;
  }

  #jump(id: string): void {
    const passage = passagesIn(this.#editor.state).byComment.get(id);
    if (passage !== undefined) {
      const { from, to } = passage;
      this.#editor.chain().setTextSelection({ from, to }).scrollIntoView().run();
      this.#editor.view.focus();
      this.#activate(id);
    }
  }
}
