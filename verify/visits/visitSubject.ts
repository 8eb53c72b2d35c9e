import { setTimeout as sleep } from "node:timers/promises";
import { causeOf } from "../causes.ts";
import type { Subject } from "../subject.ts";
import { addUpTo, MAX_KEPT, Tally, type TallyOptions } from "../tally.ts";
import type { HttpClient } from "./client.ts";
import type { MakeVisit, Visit } from "./visit.ts";
import type { Visitor } from "./visitors.ts";

export interface VisitSubjectOptions extends TallyOptions, Visitor {
  makeVisit: MakeVisit;
  /** Whether an answer must name its replica. */
  mustName: boolean;
  /** Seconds after which a roll-out must have ended. */
  calmFrom: number;
}

/** The visits that must reach one replica: those of one client, or those about one key. */
export class VisitSubject implements Subject {
  readonly #options: VisitSubjectOptions;
  readonly #tally: Tally;
  readonly #abort = new AbortController();
  readonly #clients = new Set<HttpClient>();
  #sent = 0;
  #echoed = 0;
  /** Requests without an answer so far. */
  readonly #waiting = new Set<{ sentAt: number }>();
  #errors = 0;
  #repeated = 0;
  /** The replica that should answer. */
  #home = "";
  /** The last other replica that answered; a second answer of it means that the subject has moved. */
  #foreign = "";
  #isOpen = false;
  #lastAnswers = 0;
  readonly #lastReplicas = new Set<string>();

  constructor(options: VisitSubjectOptions) {
    this.#options = options;
    this.#tally = new Tally(options);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get replica(): string {
    return this.#isOpen ? this.#tally.replica : "";
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get echoed(): number {
    return this.#echoed;
  }

  /** Sends a request. A browser first waits for its first response, which may set the cookie; clients of a key do not. */
  send(): void {
    if (this.#options.key !== undefined || this.#echoed > 0 || this.waiting === 0) {
      void this.#ask();
    }
  }

  /** Does nothing: there is no connection between requests. */
  interrupt(): void {
    return;
  }

  close(): void {
    this.#abort.abort();
    this.#waiting.forEach(({ sentAt }) => this.#failed(sentAt, "the run ended"));
  }

  result(): ReturnType<Subject["result"]> {
    const { key } = this.#options;
    return {
      ...this.#tally.result(),
      source: [...new Set([...this.#clients].map(({ source }) => source))].toSorted().join(),
      transports: [],
      reconnects: 0,
      sent: this.#sent,
      echoed: this.#echoed,
      doubled: 0,
      lost: this.#sent - this.#echoed,
      visits: {
        ...(key === undefined ? {} : { key }),
        errors: this.#errors,
        repeated: this.#repeated,
        hasCookie: [...this.#clients].some(({ hasCookie }) => hasCookie),
        lastAnswers: this.#lastAnswers,
        lastReplicas: [...this.#lastReplicas],
      },
    };
  }

  async #ask(): Promise<void> {
    const client = this.#options.clientOf(this.#sent);
    const isLate = this.#options.clock() >= this.#options.calmFrom;
    const request = { sentAt: Date.now() };
    this.#clients.add(client);
    this.#sent += 1;
    this.#waiting.add(request);
    try {
      const { replica, status } = await this.#answerTo(client);
      if (replica === "" && this.#options.mustName) {
        throw new Error(`it was answered ${status} by no replica`);
      }
      this.#errors += status >= 500 ? 1 : 0;
      this.#echoed += 1;
      this.#isOpen = true;
      this.#tally.answered(Date.now() - request.sentAt);
      if (replica !== "") {
        this.#met(replica);
      }
      if (isLate) {
        this.#lastAnswers += 1;
        addUpTo(MAX_KEPT, this.#lastReplicas, replica);
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) {
        this.#failed(request.sentAt, causeOf(error).words);
      }
    }
    this.#waiting.delete(request);
  }

  /** Repeats a request until the response does not ask for a retry. */
  async #answerTo(client: HttpClient): Promise<Visit> {
    const { signal } = this.#abort;
    for (;;) {
      const answer = await this.#options.makeVisit(client, this.#options.request, signal);
      signal.throwIfAborted();
      if (answer.retryAfterMs === undefined) {
        return answer;
      }
      this.#repeated += 1;
      if (answer.replica !== "") {
        this.#met(answer.replica);
      }
      await sleep(answer.retryAfterMs, undefined, { signal });
    }
  }

  /** Counts a break when another replica answers; a return to the first is no second break, and a move is one. */
  #met(replica: string): void {
    this.#tally.chances += this.#home === "" ? 0 : 1;
    this.#home ||= replica;
    if (replica === this.#foreign) {
      this.#home = replica;
    }
    this.#foreign = replica === this.#home ? "" : replica;
    if (this.#foreign !== "") {
      this.#broke("foreign replica", replica, `was answered by ${replica}`);
    }
    this.#tally.met(replica);
  }

  #failed(sentAt: number, fault: string): void {
    this.#isOpen = false;
    this.#tally.left(sentAt);
    this.#broke("unanswered", "", `failed: ${fault}`);
  }

  #broke(kind: "foreign replica" | "unanswered", met: string, detail: string): void {
    this.#tally.broke({
      transport: "",
      kind,
      expected: this.#home,
      met,
      detail: `${this.#options.request.name} ${detail}`,
    });
  }
}
