import { byId, setText } from "../../common/page/dom.ts";
import { announce } from "./announce.ts";

/** Says what was left out of what was pasted last, until one has read it. */
export class LeftOutNote {
  readonly #note = byId("left-out", HTMLElement);
  readonly #words = byId("left-out-words", HTMLElement);

  /** @param onClose what one goes on with */
  constructor(onClose: () => void) {
    byId("left-out-close", HTMLButtonElement).addEventListener("click", () => {
      this.#note.hidden = true;
      onClose();
    });
  }

  /** @param words empty where nothing was left out */
  show(words: string): void {
    setText(this.#words, words);
    this.#note.hidden = words === "";
    if (words !== "") {
      announce(words);
    }
  }
}
