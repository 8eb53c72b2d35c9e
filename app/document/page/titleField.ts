import { simpleDiffStringWithCursor } from "lib0/diff";
import type { YTextEvent } from "yjs";
import { byId } from "../../common/page/dom.ts";
import type { Composition } from "./composition.ts";
import type { SharedDocument } from "./sharedDocument.ts";
import { titleOf } from "./words.ts";

/** The title, which several people can edit at the same time. */
export class TitleField {
  readonly #input = byId("title", HTMLTextAreaElement);
  readonly #shared: SharedDocument;
  readonly #composition: Composition;
  readonly #onEnter: () => void;

  /** @param onEnter called when Enter is pressed */
  constructor(shared: SharedDocument, composition: Composition, onEnter: () => void) {
    this.#shared = shared;
    this.#composition = composition;
    this.#onEnter = onEnter;
    this.#show();
    this.#input.readOnly = false;
    this.#input.addEventListener("input", () => this.#changed());
    composition.watch(this.#input, () => shared.title);
    this.#input.addEventListener("keydown", (event) => this.#pressed(event));
    shared.title.observe((event) => this.#follow(event));
  }

  #changed(): void {
    const { title } = this.#shared;
    const { value, selectionEnd } = this.#input;
    const after = oneLine(value);
    const { index, remove, insert } = simpleDiffStringWithCursor(
      title.toJSON(),
      after,
      selectionEnd,
    );
    this.#shared.edit(() => {
      title.delete(index, remove);
      title.insert(index, insert);
    });
    if (after !== value) {
      this.#input.value = after;
      this.#input.setSelectionRange(selectionEnd, selectionEnd);
    }
  }

  #follow({ delta }: YTextEvent): void {
    if (this.#input.value === oneLine(this.#shared.title.toJSON())) {
      // The change was typed here, so the caret is already in its place.
      this.#show();
      return;
    }
    let { selectionStart, selectionEnd } = this.#input;
    let index = 0;
    for (const { retain = 0, insert = "", delete: removed = 0 } of delta) {
      index += retain;
      const inserted = typeof insert === "string" ? insert.length : 1;
      const shift = (at: number): number =>
        at > index ? Math.max(index, at - removed) + inserted : at;
      selectionStart = shift(selectionStart);
      selectionEnd = shift(selectionEnd);
      index += inserted;
    }
    this.#show();
    // In Safari, setting the selection moves the focus.
    if (document.activeElement === this.#input) {
      this.#input.setSelectionRange(selectionStart, selectionEnd);
    }
  }

  #show(): void {
    const title = oneLine(this.#shared.title.toJSON());
    if (this.#input.value !== title) {
      this.#input.value = title;
    }
    document.title = `${titleOf(title)} · Documents`;
  }

  #pressed(event: KeyboardEvent): void {
    if (event.key === "Enter" && !this.#composition.owns(event)) {
      event.preventDefault();
      this.#onEnter();
    }
  }
}

/** Replaces line breaks by spaces, which keeps the length. */
function oneLine(text: string): string {
  return text.replace(/[\r\n]/g, " ");
}
