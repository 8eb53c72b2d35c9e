import { byId, setText } from "../../common/page/dom.ts";
import { announce } from "./announce.ts";

/** Shows what was left out of the last paste until the note is closed. */
export class LeftOutNote {
  readonly #note = byId("left-out", HTMLElement);
  readonly #words = byId("left-out-words", HTMLElement);

  /** @param onClose called when the note is closed */
  constructor(onClose: () => void) {
    byId("left-out-close", HTMLButtonElement).addEventListener("click", () => {
      this.#note.hidden = true;
      onClose();
    });
  }

  /** @param words empty if nothing was left out */
  show(words: string): void {
    setText(this.#words, words);
    this.#note.hidden = words === "";
    if (words !== "") {
      announce(words);
    }
  }
}
