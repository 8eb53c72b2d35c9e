import { byId, setText } from "../../common/page/dom.ts";
import { tint } from "../../common/page/replica.ts";
import { clock, count } from "../../common/page/words.ts";

/** Milliseconds for which a new replica is highlighted. */
const HIGHLIGHT_MS = 4000;

/** Shows which replica answers, and highlights a change. */
export class ReplicaPanel {
  readonly #panel = byId("replica-panel", HTMLElement);
  readonly #name = byId("replica", HTMLElement);
  readonly #note = byId("replica-note", HTMLElement);
  readonly #before = byId("replica-before", HTMLElement);
  readonly #announcer = byId("announcer", HTMLElement);
  readonly #seen = new Set<string>();
  #current = "";
  #streak = 0;
  #highlight: ReturnType<typeof setTimeout> | undefined;

  answered(replica: string): void {
    if (replica !== this.#current) {
      this.#changed(replica);
    }
    this.#streak += 1;
    const streak = `${count(this.#streak, "echo", "echoes")} in a row`;
    const seen = `${count(this.#seen.size, "replica", "replicas")} seen`;
    setText(this.#note, `${streak} · ${seen}`);
  }

  #changed(replica: string): void {
    const before = this.#current;
    this.#current = replica;
    this.#streak = 0;
    this.#seen.add(replica);
    this.#name.textContent = replica;
    tint(this.#panel, replica);
    document.title = `${replica} · SockJS echo`;
    if (before === "") {
      this.#announcer.textContent = `Replica ${replica} answers.`;
      return;
    }
    this.#before.textContent = `${before} until ${clock(new Date())}`;
    this.#announcer.textContent = `The replica changed from ${before} to ${replica}.`;
    this.#panel.classList.add("changed");
    clearTimeout(this.#highlight);
    this.#highlight = setTimeout(() => this.#panel.classList.remove("changed"), HIGHLIGHT_MS);
  }
}
