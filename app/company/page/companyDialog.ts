import { normaliseIdentifier } from "../../contract/keyRoute.ts";
import { byId, setText } from "../../common/page/dom.ts";
import { replicaBadge } from "../../common/page/replica.ts";
import type { Answers } from "./answers.ts";
import { isCompany, type Answer } from "./api.ts";
import { askUntilFinal, refusalOf } from "./retry.ts";
import { timeElement } from "./words.ts";

/** Shows the company that the URL fragment names, such as `#AB12`. */
export class CompanyDialog {
  readonly #dialog = byId("company", HTMLDialogElement);
  readonly #name = byId("company-name", HTMLElement);
  readonly #words = byId("company-words", HTMLElement);
  readonly #countdown = byId("company-countdown", HTMLElement);
  readonly #number = byId("company-number", HTMLElement);
  readonly #created = byId("company-created", HTMLElement);
  readonly #replica = byId("company-replica", HTMLElement);
  readonly #answers: Answers;
  #asking = new AbortController();

  constructor(answers: Answers) {
    this.#answers = answers;
    byId("close", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("click", ({ target }) => {
      // A click on the content has another target; the dialog itself means the backdrop.
      if (target === this.#dialog) {
        this.#dialog.close();
      }
    });
    this.#dialog.addEventListener("close", () => this.#closed());
    window.addEventListener("hashchange", () => void this.#follow());
    void this.#follow();
  }

  async #follow(): Promise<void> {
    this.#asking.abort();
    const number = numberIn(location.hash);
    if (number === "") {
      this.#dialog.close();
      return;
    }
    const { signal } = (this.#asking = new AbortController());
    setText(this.#name, number);
    setText(this.#words, "Loading…");
    this.#dialog.dataset.state = "loading";
    if (!this.#dialog.open) {
      this.#dialog.showModal();
    }
    const answer = await askUntilFinal(
      { label: `Show ${number}`, path: `/companies/${encodeURIComponent(number)}` },
      {
        answers: this.#answers,
        signal,
        countdown: this.#countdown,
        onTrouble: (words) => setText(this.#words, words),
      },
    );
    if (answer !== undefined && !signal.aborted) {
      this.#show(number, answer);
    }
  }

  #show(number: string, answer: Answer): void {
    const { status, body, replica } = answer;
    if (!isCompany(body)) {
      const words = status === 404 ? `No company has the number ${number}.` : refusalOf(answer);
      setText(this.#words, words);
      return;
    }
    setText(this.#name, body.legalName);
    setText(this.#words, "");
    setText(this.#number, body.businessNumber);
    this.#created.replaceChildren(timeElement(body));
    this.#replica.replaceChildren(replicaBadge(replica));
    this.#dialog.dataset.state = "shown";
  }

  #closed(): void {
    this.#asking.abort();
    if (location.hash !== "") {
      history.replaceState(null, "", location.pathname + location.search);
    }
  }
}

function numberIn(hash: string): string {
  const text = hash.slice(1);
  try {
    return normaliseIdentifier(decodeURIComponent(text));
  } catch {
    return normaliseIdentifier(text);
  }
}
