import { byId, create, createWritten, setText } from "../../common/page/dom.ts";
import { count } from "../../common/page/words.ts";
import type { Answers } from "./answers.ts";
import { isCompanyPage, type Company, type CompanyPage } from "./api.ts";
import { askUntilFinal, refusalOf } from "./retry.ts";
import { numberBefore, typedNumber } from "./number.ts";
import { hashOf, timeElement } from "./words.ts";

const PAGE_SIZE = 25;

/** Milliseconds without a keystroke before the list follows the filter. */
const SETTLE_MS = 250;

/** Lists companies in the order of their numbers, page by page, starting at a number. */
export class CompanyList {
  readonly #region = byId("list", HTMLElement);
  readonly #body = byId("companies", HTMLTableSectionElement);
  readonly #words = byId("list-words", HTMLElement);
  readonly #countdown = byId("list-countdown", HTMLElement);
  readonly #more = byId("more", HTMLButtonElement);
  readonly #from = byId("from", HTMLInputElement);
  readonly #announcer = byId("announcer", HTMLElement);
  readonly #answers: Answers;
  #loading = new AbortController();
  #settling: ReturnType<typeof setTimeout> | undefined;

  /** The number at which the list starts; empty for all. */
  #start = "";

  /** URL of the next page; undefined at the end. */
  #next: string | undefined;

  /** The last number up to which the list has no gaps. */
  #completeTo = "";

  constructor(answers: Answers) {
    this.#answers = answers;
    this.#more.addEventListener("click", () => void this.#showMore());
    this.#from.addEventListener("input", () => {
      clearTimeout(this.#settling);
      this.#settling = setTimeout(() => this.#follow(), SETTLE_MS);
    });
    byId("filter", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(this.#settling);
      this.#follow();
    });
    void this.#load();
  }

  /** Inserts a new company at its place, even if the companies before it are not loaded yet. */
  async created(company: Company): Promise<void> {
    if (this.#isBusy) {
      // The pending page may be older than the company, and the registry is available again.
      await this.#load();
    }
    if (company.businessNumber >= this.#start) {
      const row = this.#insert(company);
      row.classList.add("new");
      this.#reveal(row);
      this.#showState();
    }
  }

  get #isBusy(): boolean {
    return this.#region.ariaBusy === "true";
  }

  #follow(): void {
    const start = typedNumber(this.#from.value);
    if (start !== this.#start) {
      this.#start = start;
      void this.#load();
    }
  }

  async #load(): Promise<void> {
    const after = numberBefore(this.#start);
    const query = new URLSearchParams({ limit: String(PAGE_SIZE) });
    if (after !== "") {
      query.set("after", after);
    }
    this.#next = undefined;
    const label = this.#start === "" ? "List companies" : `List from ${this.#start}`;
    const page = await this.#ask(label, `/companies?${query.toString()}`);
    if (page !== undefined) {
      this.#body.replaceChildren();
      this.#region.scrollTop = 0;
      this.#add(page);
    }
  }

  async #showMore(): Promise<void> {
    if (this.#isBusy) {
      return;
    }
    if (this.#next === undefined) {
      await this.#load();
      return;
    }
    const page = await this.#ask(`List after ${this.#completeTo}`, this.#next);
    if (page !== undefined) {
      const [first] = this.#add(page);
      // The button may be hidden now, which would lose the focus of keyboard users.
      first?.querySelector("a")?.focus();
      setText(
        this.#announcer,
        `${count(page.companies.length, "more company", "more companies")}.`,
      );
    }
  }

  /** Loads a page; undefined if another one was requested meanwhile, or the registry rejects the request. */
  async #ask(label: string, path: string): Promise<CompanyPage | undefined> {
    this.#loading.abort();
    const { signal } = (this.#loading = new AbortController());
    this.#busy(true);
    const answer = await askUntilFinal(
      { label, path },
      {
        answers: this.#answers,
        signal,
        countdown: this.#countdown,
        onTrouble: (words) => setText(this.#words, words),
      },
    );
    if (answer === undefined || signal.aborted) {
      return undefined;
    }
    this.#busy(false);
    if (isCompanyPage(answer.body)) {
      return answer.body;
    }
    setText(this.#words, refusalOf(answer));
    setText(this.#more, "Try again");
    this.#more.hidden = false;
    return undefined;
  }

  #busy(isBusy: boolean): void {
    this.#region.ariaBusy = String(isBusy);
    this.#more.ariaDisabled = String(isBusy);
  }

  #add({ companies, next }: CompanyPage): HTMLTableRowElement[] {
    const rows = companies.map((company) => this.#insert(company));
    this.#next = next === null ? undefined : pathOf(next);
    this.#completeTo = companies.at(-1)?.businessNumber ?? this.#completeTo;
    this.#showState();
    return rows;
  }

  #insert(company: Company): HTMLTableRowElement {
    const { businessNumber } = company;
    const rows = [...this.#body.rows];
    const following = rows.find(({ dataset }) => (dataset.number ?? "") >= businessNumber);
    if (following?.dataset.number === businessNumber) {
      return following;
    }
    const row = rowOf(company);
    this.#body.insertBefore(row, following ?? null);
    return row;
  }

  /** Scrolls the list, not the page, to a row. */
  #reveal(row: HTMLTableRowElement): void {
    const { top, bottom, height } = this.#region.getBoundingClientRect();
    const { top: rowTop, bottom: rowBottom } = row.getBoundingClientRect();
    if (rowTop < top + row.offsetHeight || rowBottom > bottom) {
      this.#region.scrollTop += rowTop - top - height / 2;
    }
  }

  #showState(): void {
    const rows = [...this.#body.rows];
    const isComplete = this.#next === undefined;
    for (const row of rows) {
      row.classList.toggle("beyond", !isComplete && (row.dataset.number ?? "") > this.#completeTo);
    }
    setText(this.#more, "Show more");
    this.#more.hidden = isComplete;
    const none = this.#start === "" ? "No companies yet." : `No companies from ${this.#start} on.`;
    setText(this.#words, rows.length === 0 ? none : "");
  }
}

function rowOf(company: Company): HTMLTableRowElement {
  const { businessNumber, legalName } = company;
  const link = create("a", "", businessNumber);
  link.href = hashOf(businessNumber);
  const row = create("tr");
  row.dataset.number = businessNumber;
  row.setAttribute("role", "row");
  const columns = {
    number: link,
    name: createWritten("span", "", legalName),
    created: timeElement(company),
  };
  for (const [name, content] of Object.entries(columns)) {
    const cell = create("td", name);
    // Roles keep the meaning of a table that the style sheet lays out as a grid.
    cell.setAttribute("role", "cell");
    cell.append(content);
    row.append(cell);
  }
  return row;
}

/** The URL of the next page without its origin, which a proxy may have changed. */
function pathOf(url: string): string {
  const { pathname, search } = new URL(url, location.origin);
  return pathname + search;
}
