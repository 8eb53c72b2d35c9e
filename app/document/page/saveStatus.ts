import { byId, setText } from "../../common/page/dom.ts";
import { announceState } from "./announce.ts";
import type { SaveState } from "./connection.ts";

const WORDS: Readonly<Record<SaveState, string>> = {
  opening: "Opening…",
  saved: "Saved",
  saving: "Saving…",
  offline: "Offline – changes are kept while this page is open",
  refused: "Not saved",
  unshowable: "Cannot be shown",
};

/** Shows whether all changes are saved, and warns people who leave while some are not. */
export class SaveStatus {
  readonly #status = byId("save-status", HTMLElement);
  readonly #words = byId("save-words", HTMLElement);

  /** @param hasUnsaved true while something is not saved */
  constructor(hasUnsaved: () => boolean) {
    window.addEventListener("beforeunload", (event) => {
      if (hasUnsaved()) {
        event.preventDefault();
      }
    });
  }

  show(state: SaveState, isReady: boolean): void {
    const words = state === "offline" && !isReady ? "Not connected – trying again…" : WORDS[state];
    this.#status.dataset.state = state;
    setText(this.#words, words);
    announceState(words);
  }
}
