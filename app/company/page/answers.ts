import type { Answer } from "../../common/page/ask.ts";
import { byId, create, setText } from "../../common/page/dom.ts";
import { replicaBadge, tint } from "../../common/page/replica.ts";
import { count } from "../../common/page/words.ts";

const MAX_ENTRIES = 50;

/** A log of which replica answered which request, newest first. */
export class Answers {
  readonly #replica = byId("replica", HTMLElement);
  readonly #note = byId("replica-note", HTMLElement);
  readonly #list = byId("answers", HTMLOListElement);
  readonly #seen = new Set<string>();
  #streak = 0;

  /** Ignores responses that no replica sent, such as those of a load balancer. */
  add(question: string, { status, replica }: Answer, milliseconds: number): void {
    if (replica === "") {
      return;
    }
    this.#streak = replica === this.#replica.textContent ? this.#streak + 1 : 1;
    this.#seen.add(replica);
    setText(this.#replica, replica);
    tint(this.#replica, replica);
    const streak = `${count(this.#streak, "answer", "answers")} in a row`;
    setText(this.#note, `${streak} · ${count(this.#seen.size, "replica", "replicas")} seen`);

    const entry = create("li");
    entry.append(
      replicaBadge(replica),
      create("span", "text", question),
      create("span", "result", `${status} · ${milliseconds} ms`),
    );
    this.#list.prepend(entry);
    while (this.#list.childElementCount > MAX_ENTRIES) {
      this.#list.lastElementChild?.remove();
    }
  }
}
