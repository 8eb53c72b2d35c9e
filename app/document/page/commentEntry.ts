import { create, createWritten, setText } from "../../common/page/dom.ts";
import type { Comment } from "./comments.ts";
import { excerpt, momentOf } from "./words.ts";

export interface CommentHandlers {
  onJump: () => void;
  onResolve: (isResolved: boolean) => void;
}

/** A comment in the list. */
export class CommentEntry {
  readonly element: HTMLLIElement;
  readonly #author = createWritten("span", "author");
  readonly #time = create("time");
  readonly #passage = createWritten("button", "passage");
  readonly #deletedNote = create("p", "note", "The commented text was deleted.");
  readonly #words = createWritten("p", "words");
  readonly #resolve = create("button", "link");
  #isResolved = false;

  constructor(element: HTMLLIElement, { onJump, onResolve }: CommentHandlers) {
    this.element = element;
    this.#passage.type = "button";
    this.#passage.addEventListener("click", onJump);
    this.#resolve.type = "button";
    this.#resolve.addEventListener("click", () => onResolve(!this.#isResolved));
    const byline = create("p", "byline");
    byline.append(this.#author, this.#time);
    element.append(byline, this.#passage, this.#deletedNote, this.#words, this.#resolve);
  }

  /** @param passage the commented text; undefined if it was deleted */
  show({ author, text, createdAt, isResolved }: Comment, passage?: string, isActive = false): void {
    this.#isResolved = isResolved;
    this.element.classList.toggle("resolved", isResolved);
    this.element.classList.toggle("active", isActive);
    this.element.ariaCurrent = String(isActive);
    setText(this.#author, author || "Somebody");
    setText(this.#time, momentOf(createdAt));
    this.#time.dateTime = createdAt;
    this.#passage.hidden = passage === undefined;
    this.#deletedNote.hidden = passage !== undefined;
    setText(this.#passage, excerpt(passage ?? "", 80));
    this.#passage.ariaLabel = `Go to the passage: ${excerpt(passage ?? "", 80)}`;
    setText(this.#words, text);
    setText(this.#resolve, isResolved ? "Reopen" : "Resolve");
    this.#resolve.ariaLabel = `${isResolved ? "Reopen" : "Resolve"} the comment by ${author}`;
  }

  focus(): void {
    (this.#passage.hidden ? this.#resolve : this.#passage).focus();
  }

  /** Scrolls the column that contains it, if necessary; never the text. */
  reveal(): void {
    const column = this.element.closest(".side");
    if (column !== null) {
      const { top, bottom } = column.getBoundingClientRect();
      const own = this.element.getBoundingClientRect();
      column.scrollTop += Math.min(own.top - top, 0) || Math.max(own.bottom - bottom, 0);
    }
  }
}
