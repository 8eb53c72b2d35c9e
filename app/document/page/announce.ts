import { byId, setText } from "../../common/page/dom.ts";

/** Milliseconds that a state must last before it is announced. */
const LASTING_MS = 1000;

const announcer = byId("announcer", HTMLElement);
const standing = byId("standing-announcer", HTMLElement);

let waiting: ReturnType<typeof setTimeout> | undefined;

/** Announces a text to users of screen readers, after any other announcement. */
export function announce(words: string): void {
  // Setting the same text again would be no change, so it would not be announced.
  announcer.textContent = announcer.textContent === words ? `${words}\u00a0` : words;
}

/** Announces a state once it has lasted, because a brief one is not worth an interruption. */
export function announceState(words: string): void {
  clearTimeout(waiting);
  waiting = setTimeout(() => setText(standing, words), LASTING_MS);
}
