import { create, createWritten, setText } from "../../common/page/dom.ts";
import type { Comment } from "./comments.ts";
import { excerpt, momentOf } from "./words.ts";

export interface CommentWishes {
  onJump: () => void;
  onResolve: (isResolved: boolean) => void;
}

/** A comment in the list. */
export class CommentEntry {
  readonly element: HTMLLIElement;
  readonly #author = createWritten("span", "author");
  readonly #time = create("time");
  readonly #passage = createWritten("button", "passage");
  readonly #gone = create("p", "note", "What it was about is not in the text any more.");
  readonly #words = createWritten("p", "words");
  readonly #resolve = create("button", "link");
  #isResolved = false;

  constructor(element: HTMLLIElement, { onJump, onResolve }: CommentWishes) {
    this.element = element;
    this.#passage.type = "button";
    this.#passage.addEventListener("click", onJump);
    this.#resolve.type = "button";
    this.#resolve.addEventListener("click", () => onResolve(!this.#isResolved));
    const byline = create("p", "byline");
    byline.append(this.#author, this.#time);
    element.append(byline, this.#passage, this.#gone, this.#words, this.#resolve);
  }

  /** @param passage what it is about; undefined where that is gone */
  show({ author, text, createdAt, isResolved }: Comment, passage?: string, isActive = false): void {
    this.#isResolved = isResolved;
    this.element.classList.toggle("resolved", isResolved);
    this.element.classList.toggle("active", isActive);
    this.element.ariaCurrent = String(isActive);
    setText(this.#author, author || "Somebody");
    setText(this.#time, momentOf(createdAt));
    this.#time.dateTime = createdAt;
    this.#passage.hidden = passage === undefined;
    this.#gone.hidden = passage !== undefined;
    setText(this.#passage, excerpt(passage ?? "", 80));
    this.#passage.ariaLabel = `Go to the passage: ${excerpt(passage ?? "", 80)}`;
    setText(this.#words, text);
    setText(this.#resolve, isResolved ? "Reopen" : "Resolve");
    this.#resolve.ariaLabel = `${isResolved ? "Reopen" : "Resolve"} the comment of ${author}`;
  }

  focus(): void {
    (this.#passage.hidden ? this.#resolve : this.#passage).focus();
  }

  /** Scrolls the column that it is in, if that has more than fits; never the text. */
  reveal(): void {
    const column = this.element.closest(".side");
    if (column !== null) {
      const { top, bottom } = column.getBoundingClientRect();
      const own = this.element.getBoundingClientRect();
      column.scrollTop += Math.min(own.top - top, 0) || Math.max(own.bottom - bottom, 0);
    }
  }
}
