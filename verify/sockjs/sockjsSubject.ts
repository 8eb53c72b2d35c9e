import { ResumingClient, type ClientEvent } from "../../app/client/resumingClient.ts";
import type { Break, SessionResult } from "../report.ts";
import type { Subject } from "../subject.ts";
import { Tally, type TallyOptions } from "../tally.ts";
import { OPENED_TWICE, SockjsSession } from "./session.ts";
import type { Answer, TransportName } from "./transport.ts";

export interface SockjsSubjectOptions extends TallyOptions {
  url: string;
  source: string | undefined;
  /** Transport of the n-th connection, from 0. */
  transportOf: (connection: number) => TransportName;
}

/** One SockJS client: counts what becomes of its messages and whom it meets. */
export class SockjsSubject implements Subject {
  readonly #options: SockjsSubjectOptions;
  readonly #client: ResumingClient;
  readonly #tally: Tally;
  readonly #transports: TransportName[] = [];
  #transport: TransportName;
  #connections = 0;
  #isFirstAnswer = true;
  /** One break ends a session; what follows of it in the same session is no other. */
  #isBroken = false;
  #isInterrupting = false;

  constructor(options: SockjsSubjectOptions) {
    this.#options = options;
    this.#tally = new Tally(options);
    this.#transport = options.transportOf(0);
    this.#client = new ResumingClient({
      connect: () => this.#connect(),
      onEvent: (event) => this.#handle(event),
    });
  }

  get isOpen(): boolean {
    return this.#client.isOpen;
  }

  get replica(): string {
    return this.isOpen ? this.#tally.replica : "";
  }

  get waiting(): number {
    return this.#client.waiting;
  }

  get echoed(): number {
    return this.#client.counts.echoed;
  }

  get latencies(): readonly number[] {
    return this.#tally.latencies;
  }

  send(): void {
    this.#client.connect();
    this.#client.send("hello");
  }

  interrupt(): void {
    this.#isInterrupting = true;
    this.#client.interrupt();
    this.#isInterrupting = false;
  }

  close(): void {
    this.#client.close();
  }

  result(): SessionResult {
    const { sent, echoed, doubled, lost, reconnects } = this.#client.counts;
    return {
      ...this.#tally.result(),
      source: this.#options.source ?? "",
      transports: [...new Set(this.#transports)],
      reconnects,
      sent,
      echoed,
      doubled,
      lost,
    };
  }

  #connect(): SockjsSession {
    const { url, source, transportOf } = this.#options;
    this.#transport = transportOf(this.#connections);
    this.#transports.push(this.#transport);
    this.#connections += 1;
    this.#isFirstAnswer = true;
    this.#isBroken = false;
    return new SockjsSession({
      url,
      source,
      transport: this.#transport,
      onAnswer: (answer) => this.#answered(answer),
    });
  }

  /** All but the first answer of a session, or of a client whose replica is known, could be astray. */
  #answered({ request, status, replica = "" }: Answer): void {
    const isFirst = this.#isFirstAnswer;
    const isChance = !isFirst || (this.#tally.replica !== "" && replica !== "");
    this.#tally.chances += isChance ? 1 : 0;
    this.#isFirstAnswer = false;
    if (status === 404) {
      // A server that does not offer the transport answers so, too, but then at once.
      this.#break(isFirst ? "closed" : "404", replica, `${request} was answered 404`);
    } else if (replica !== "") {
      this.#met(replica, isFirst, `${request} was answered by ${replica}`);
    }
  }

  #met(replica: string, isFirst: boolean, detail: string): void {
    const home = this.#tally.replica;
    if (home !== "" && isSame(home, replica)) {
      return;
    }
    if (home !== "") {
      this.#break("foreign replica", replica, detail);
      if (!isFirst) {
        this.interrupt();
        return;
      }
    }
    this.#tally.met(replica);
  }

  #handle(event: ClientEvent): void {
    switch (event.type) {
      case "echo":
        this.#tally.answered(event.milliseconds);
        if (event.replica !== "") {
          this.#met(event.replica, false, `a message was echoed by ${event.replica}`);
        }
        break;
      case "closed":
        this.#tally.left();
        if (event.retryInMs !== undefined && !this.#isInterrupting) {
          this.#ended(event.code, event.reason);
        }
        break;
      default:
    }
  }

  #ended(code: number, reason: string): void {
    if (reason === OPENED_TWICE) {
      this.#break("foreign replica", "", reason);
    } else {
      // One that was answered 404 is told already, by its answer.
      this.#break("closed", "", `${code} ${reason}`);
    }
  }

  #break(kind: Break["kind"], met: string, detail: string): void {
    if (!this.#isBroken) {
      this.#isBroken = true;
      const transport = this.#transport;
      this.#tally.broke({ transport, kind, expected: this.#tally.replica, met, detail });
    }
  }
}

/** A name, or the five last characters of it that an echo has. */
function isSame(a: string, b: string): boolean {
  return a.endsWith(b) || b.endsWith(a);
}
