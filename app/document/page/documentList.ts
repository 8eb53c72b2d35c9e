import { ask, type Answer } from "../../common/page/ask.ts";
import { byId, create, createWritten, setText } from "../../common/page/dom.ts";
import { count } from "../../common/page/words.ts";
import { isVisible } from "../../common/http/visibleText.ts";
import { announce } from "./announce.ts";
import { isDocument, isDocumentPage, post, refusalOf, type DocumentSummary } from "./api.ts";
import { pathOf, timeElement, titleOf } from "./words.ts";

const PAGE_SIZE = 25;

/** Lists the documents, newest first, with a form to create one. */
export class DocumentList {
  readonly #list = byId("documents", HTMLOListElement);
  readonly #note = byId("list-note", HTMLElement);
  readonly #more = byId("more", HTMLButtonElement);
  readonly #title = byId("new-title", HTMLInputElement);
  readonly #create = byId("create", HTMLButtonElement);
  readonly #outcome = byId("create-note", HTMLElement);
  readonly #onReplica: (name: string) => void;

  /** URL of the next page; undefined at the end. */
  #next: string | undefined = `/documents?limit=${PAGE_SIZE}`;

  /** @param onReplica receives the name of the replica that answers */
  constructor(onReplica: (name: string) => void) {
    this.#onReplica = onReplica;
    this.#more.addEventListener("click", () => void this.#showMore());
    byId("new-document", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#createDocument();
    });
    // Reloads a page that the browser restores from its cache, to show what is new.
    window.addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
    window.addEventListener(
      "online",
      () => this.#list.childElementCount === 0 && void this.#load(),
    );
    void this.#load();
  }

  async #createDocument(): Promise<void> {
    if (this.#create.ariaDisabled === "true") {
      return;
    }
    // `disabled` would take the focus away from keyboard users.
    this.#create.ariaDisabled = "true";
    setText(this.#outcome, "Creating the document…");
    const answer = await post("/documents", { title: this.#title.value.trim() });
    if (isDocument(answer?.body)) {
      location.assign(pathOf(answer.body.id));
      return;
    }
    this.#create.ariaDisabled = "false";
    setText(this.#outcome, `${refusalOf(answer)} No document was created.`);
  }

  async #showMore(): Promise<void> {
    const added = await this.#load();
    if (added > 0) {
      // The button may be hidden now, which would lose the focus of keyboard users.
      this.#list.children[this.#list.childElementCount - added]?.querySelector("a")?.focus();
      announce(`${count(added, "more document", "more documents")}.`);
    }
  }

  /** Loads the next page, and returns the number of its documents. */
  async #load(): Promise<number> {
    if (this.#next === undefined || this.#list.ariaBusy === "true") {
      return 0;
    }
    this.#list.ariaBusy = "true";
    setText(this.#note, "Loading…");
    const answer = await ask(this.#next);
    this.#list.ariaBusy = "false";
    return this.#add(answer);
  }

  #add(answer: Answer | undefined): number {
    if (answer !== undefined && answer.replica !== "") {
      this.#onReplica(answer.replica);
    }
    if (answer === undefined || !isDocumentPage(answer.body)) {
      setText(this.#note, refusalOf(answer));
      setText(this.#more, "Try again");
      this.#more.hidden = false;
      return 0;
    }
    const { documents, next } = answer.body;
    this.#list.append(...documents.map(entryOf));
    this.#next = next === null ? undefined : pathAt(next);
    setText(this.#more, "Show more");
    this.#more.hidden = next === null;
    setText(this.#note, this.#list.childElementCount === 0 ? "No documents yet." : "");
    return documents.length;
  }
}

function entryOf({ id, title, updatedAt }: DocumentSummary): HTMLLIElement {
  const entry = create("li");
  const link = create("a");
  link.href = pathOf(id);
  link.append(createWritten("span", isVisible(title) ? "" : "untitled", titleOf(title)));
  const changed = create("span", "note", "changed ");
  changed.append(timeElement(updatedAt));
  entry.append(link, changed);
  return entry;
}

/** The URL of the next page without its origin, which a proxy may have changed. */
function pathAt(url: string): string {
  const { pathname, search } = new URL(url, location.origin);
  return pathname + search;
}
