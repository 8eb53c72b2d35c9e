import { ResumingClient, type ClientEvent } from "../app/client/resumingClient.ts";
import type { Break, SessionResult } from "./report.ts";
import { latencyOf } from "./statistics.ts";
import { OPENED_TWICE, SockjsSession, type Answer, type TransportName } from "./sockjs/session.ts";

export interface TalkerOptions {
  /** Number of the session, from 0. */
  session: number;
  url: string;
  source: string | undefined;
  /** Transport of the n-th connection, from 0. */
  transportOf: (connection: number) => TransportName;
  /** Seconds since the start of the run. */
  clock: () => number;
  onBreak: (each: Break) => void;
}

/** One client that talks all the time: counts what becomes of its messages and whom it meets. */
export class Talker {
  readonly source: string;
  readonly client: ResumingClient;
  readonly latencies: number[] = [];
  readonly #options: TalkerOptions;
  readonly #transports: TransportName[] = [];
  readonly #replicas: string[] = [];
  #transport: TransportName;
  #connections = 0;
  #chances = 0;
  #awaySince: number | undefined;
  #awayMs = 0;
  /** The replica that was met last; empty before, and where the server names none. */
  #home = "";
  #isFirstAnswer = true;
  /** One break ends a session; what follows of it in the same session is no other. */
  #isBroken = false;
  readonly #breaks: SessionResult["breaks"] = { "404": 0, "foreign replica": 0, closed: 0 };
  #isInterrupting = false;

  constructor(options: TalkerOptions) {
    this.#options = options;
    this.source = options.source ?? "";
    this.#transport = options.transportOf(0);
    this.client = new ResumingClient({
      connect: () => this.#connect(),
      onEvent: (event) => this.#handle(event),
    });
  }

  /** The replica that has the session, or an empty text. */
  get replica(): string {
    return this.client.isOpen ? this.#home : "";
  }

  /** Drops the connection on purpose. */
  interrupt(): void {
    this.#isInterrupting = true;
    this.client.interrupt();
    this.#isInterrupting = false;
  }

  result(): SessionResult {
    const { sent, echoed, doubled, lost, reconnects } = this.client.counts;
    return {
      session: this.#options.session,
      source: this.source,
      transports: [...new Set(this.#transports)],
      replicas: this.#replicas,
      reconnects,
      sent,
      echoed,
      doubled,
      lost,
      chances: this.#chances,
      breaks: this.#breaks,
      awayMs: Math.max(this.#awayMs, Date.now() - (this.#awaySince ?? Date.now())),
      latency: latencyOf(this.latencies),
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
    const isChance = !isFirst || (this.#home !== "" && replica !== "");
    this.#chances += isChance ? 1 : 0;
    this.#isFirstAnswer = false;
    if (status === 404) {
      // A server that does not offer the transport answers so, too, but then at once.
      this.#break(isFirst ? "closed" : "404", replica, `${request} was answered 404`);
    } else if (replica !== "") {
      this.#met(replica, isFirst, `${request} was answered by ${replica}`);
    }
  }

  #met(replica: string, isFirst: boolean, detail: string): void {
    if (this.#home !== "" && !isSame(this.#home, replica)) {
      this.#break("foreign replica", replica, detail);
      if (!isFirst) {
        this.interrupt();
        return;
      }
    }
    if (this.#home === "" || !isSame(this.#home, replica)) {
      this.#home = replica;
      this.#replicas.push(replica);
    }
  }

  #handle(event: ClientEvent): void {
    switch (event.type) {
      case "echo":
        this.latencies.push(event.milliseconds);
        if (event.replica !== "") {
          this.#met(event.replica, false, `a message was echoed by ${event.replica}`);
        }
        if (this.#awaySince !== undefined) {
          this.#awayMs = Math.max(this.#awayMs, Date.now() - this.#awaySince);
          this.#awaySince = undefined;
        }
        break;
      case "closed":
        this.#awaySince ??= Date.now();
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
    } else if (!reason.endsWith("was answered 404")) {
      this.#break("closed", "", `${code} ${reason}`);
    }
  }

  #break(kind: Break["kind"], met: string, detail: string): void {
    if (this.#isBroken) {
      return;
    }
    this.#isBroken = true;
    this.#breaks[kind] += 1;
    this.#options.onBreak({
      session: this.#options.session,
      transport: this.#transport,
      kind,
      expected: this.#home,
      met,
      seconds: this.#options.clock(),
      detail,
    });
  }
}

/** A name, or the five last characters of it that an echo has. */
function isSame(a: string, b: string): boolean {
  return a.endsWith(b) || b.endsWith(a);
}
