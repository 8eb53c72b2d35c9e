import { normaliseIdentifier } from "../../contract/keyRoute.ts";
import { byId, setText } from "../../common/page/dom.ts";
import { count, isolated } from "../../common/page/words.ts";
import type { Answers } from "./answers.ts";
import { isCompany, type Answer, type Company, type Fault } from "./api.ts";
import { Field } from "./field.ts";
import { askUntilFinal, refusalOf } from "./retry.ts";
import { canonicalNumber, plainNumber } from "./number.ts";
import { randomUuid } from "./uuid.ts";
import { hashOf } from "./words.ts";

/** What is sent; the key makes the registry create it only once, however often it is sent. */
interface Submission {
  legalName: string;
  businessNumber: string;
  key: string;
}

type State = "editing" | "sending" | "waiting" | "created" | "failed";

/** The form that registers a company. */
export class CompanyForm {
  readonly #form = byId("new-company", HTMLFormElement);
  readonly #register = byId("register", HTMLButtonElement);
  readonly #cancel = byId("cancel", HTMLButtonElement);
  readonly #canonical = byId("canonical", HTMLOutputElement);
  readonly #outcome = byId("outcome", HTMLElement);
  readonly #words = byId("outcome-words", HTMLElement);
  readonly #link = byId("outcome-link", HTMLAnchorElement);
  readonly #countdown = byId("countdown", HTMLElement);
  readonly #legalName = new Field("legal-name", "legal name");
  readonly #businessNumber = new Field("business-number", "business number");
  readonly #fields = new Map([
    ["#/legalName", this.#legalName],
    ["#/businessNumber", this.#businessNumber],
  ]);
  readonly #answers: Answers;
  readonly #onCreated: (company: Company) => void;
  #sending: AbortController | undefined;

  /** The last submission, while its outcome is unknown. */
  #unsettled: Submission | undefined;

  /** True after a success, when the form is empty: a second click must not report empty fields. */
  #isSpent = false;

  constructor(answers: Answers, onCreated: (company: Company) => void) {
    this.#answers = answers;
    this.#onCreated = onCreated;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#submit();
    });
    this.#form.addEventListener("input", () => {
      this.#isSpent = false;
      this.#preview();
    });
    this.#cancel.addEventListener("click", () => this.#sending?.abort());
    this.#preview();
  }

  async #submit(): Promise<void> {
    if (this.#sending !== undefined) {
      return;
    }
    if (this.#isSpent) {
      this.#legalName.focus();
      return;
    }
    const submission = this.#take();
    const answer = await this.#send(submission);
    this.#sending = undefined;
    if (answer === undefined) {
      const words =
        "Stopped before the registry confirmed the registration. Register again to be sure: the company is never created twice.";
      this.#enter("failed", words);
      this.#register.focus();
      return;
    }
    if (answer.status < 500) {
      this.#unsettled = undefined;
    }
    this.#settle(submission, answer);
  }

  /** The content of the form, with the key of the unsettled submission if that is equivalent. */
  #take(): Submission {
    const values = {
      legalName: this.#legalName.value,
      businessNumber: plainNumber(this.#businessNumber.value),
    };
    const last = this.#unsettled;
    const isSame =
      last?.legalName.trim() === values.legalName.trim() &&
      normaliseIdentifier(last.businessNumber) === normaliseIdentifier(values.businessNumber);
    return { ...values, key: isSame ? last.key : randomUuid() };
  }

  #send(submission: Submission): Promise<Answer | undefined> {
    const { key, ...values } = submission;
    const number = normaliseIdentifier(values.businessNumber);
    this.#unsettled = submission;
    this.#sending = new AbortController();
    this.#fields.forEach((field) => field.clear());
    this.#enter("sending", "Registering…");
    return askUntilFinal(
      {
        label: `Register ${number}`,
        path: "/companies",
        method: "POST",
        headers: { "Content-Type": "application/json", "Idempotency-Key": key },
        body: JSON.stringify(values),
      },
      {
        answers: this.#answers,
        signal: this.#sending.signal,
        countdown: this.#countdown,
        onTrouble: (words) => this.#enter("waiting", `${words} What you typed is kept.`),
      },
    );
  }

  #settle({ businessNumber }: Submission, answer: Answer): void {
    const { body, problem } = answer;
    if (isCompany(body)) {
      this.#created(body);
    } else if (problem?.company !== undefined) {
      const number = normaliseIdentifier(businessNumber);
      this.#businessNumber.fail("Another company has this number.");
      this.#enter("failed", `${number} is already registered.`);
      this.#offer(numberIn(problem.company) ?? number);
    } else if (problem?.errors !== undefined) {
      this.#faulty(problem.errors);
    } else {
      this.#enter("failed", `${refusalOf(answer)} What you typed is kept.`);
    }
    [...this.#fields.values()].find(({ isFaulty }) => isFaulty)?.focus();
  }

  #created(company: Company): void {
    const { legalName, businessNumber } = company;
    this.#fields.forEach((field) => (field.value = ""));
    this.#isSpent = true;
    this.#preview();
    this.#enter("created", `${isolated(legalName)} is registered as ${businessNumber}.`);
    this.#offer(businessNumber);
    this.#onCreated(company);
  }

  #faulty(faults: readonly Fault[]): void {
    const others: string[] = [];
    for (const { pointer = "", detail, mustBe } of faults) {
      const field = this.#fields.get(pointer);
      // Faults that belong to no field are shown below the form.
      if (field === undefined) {
        others.push(detail);
      } else {
        field.refuse(mustBe);
      }
    }
    const faulty = [...this.#fields.values()].filter(({ isFaulty }) => isFaulty).length;
    const sum =
      faulty === 0 ? [] : [`${count(faulty, "field needs", "fields need")} a correction.`];
    this.#enter("failed", [...sum, ...others].join(" "));
  }

  #offer(number: string): void {
    this.#link.href = hashOf(number);
    this.#link.hidden = false;
    setText(this.#link, `Show ${number}`);
    this.#words.append(" ");
  }

  #enter(state: State, words: string): void {
    const isBusy = state === "sending" || state === "waiting";
    this.#outcome.dataset.state = state;
    this.#link.hidden = true;
    this.#fields.forEach((field) => (field.isLocked = isBusy));
    // `disabled` would take the focus away from keyboard users.
    this.#register.ariaDisabled = String(isBusy);
    setText(this.#register, isBusy ? "Registering…" : "Register");
    this.#cancel.hidden = state !== "waiting";
    setText(this.#words, words);
  }

  #preview(): void {
    const number = canonicalNumber(this.#businessNumber.value);
    setText(this.#canonical, number);
  }
}

/** The number at the end of a company's URL. */
function numberIn(url: string): string | undefined {
  const [, last] = /([^/]+)\/?$/.exec(new URL(url, location.origin).pathname) ?? [];
  return last === undefined ? undefined : decodeURIComponent(last);
}
