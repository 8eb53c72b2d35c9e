import { byId, setText } from "../../common/page/dom.ts";

/** Milliseconds that a state must stand before it is said. */
const STANDING_MS = 1000;

const announcer = byId("announcer", HTMLElement);
const standing = byId("standing-announcer", HTMLElement);

let waiting: ReturnType<typeof setTimeout> | undefined;

/** Says something to who listens to the page, as soon as nothing else is said. */
export function announce(words: string): void {
  // The same words again would be no change, and so would not be said.
  announcer.textContent = announcer.textContent === words ? `${words}\u00a0` : words;
}

/** Says a state, once it stands: one that passes is not worth an interruption. */
export function announceState(words: string): void {
  clearTimeout(waiting);
  waiting = setTimeout(() => setText(standing, words), STANDING_MS);
}
