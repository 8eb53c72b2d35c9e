import { ResumingClient, type ClientEvent } from "../../app/client/resumingClient.ts";
import type { Origin } from "../connector.ts";
import { replicaIn, type ReplicaPlace } from "../replicaPlace.ts";
import type { Break } from "../report.ts";
import type { Subject } from "../subject.ts";
import { Tally, type TallyOptions } from "../tally.ts";
import { HttpClient } from "../visits/client.ts";
import { OPENED_TWICE, SockjsSession } from "./session.ts";
import type { Answer, TransportName } from "./transport.ts";

/** Characters of a replica's name in an echo. */
const ECHOED_LENGTH = 5;

export interface SockjsSubjectOptions extends TallyOptions, Origin {
  url: string;
  /** Where responses name the replica. */
  place: ReplicaPlace;
  /** Transport of the n-th connection, from 0. */
  transportOf: (connection: number) => TransportName;
}

/** One SockJS client: counts its messages and the replicas that answer. */
export class SockjsSubject implements Subject {
  readonly #options: SockjsSubjectOptions;
  readonly #client: ResumingClient;
  readonly #tally: Tally;
  /** Keeps cookies from one session to the next, as a browser does. */
  readonly #http: HttpClient;
  readonly #transports = new Set<TransportName>();
  #transport: TransportName;
  #connections = 0;
  #isFirstAnswer = true;
  /** Whether the session has broken: consequences of a break are not counted. */
  #isBroken = false;
  #isInterrupting = false;

  constructor(options: SockjsSubjectOptions) {
    this.#options = options;
    this.#tally = new Tally(options);
    this.#http = new HttpClient({ ...options, keepsCookies: true });
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

  result(): ReturnType<Subject["result"]> {
    const { sent, echoed, doubled, lost, reconnects, refused } = this.#client.counts;
    return {
      ...this.#tally.result(),
      source: this.#options.source ?? "",
      transports: [...this.#transports],
      reconnects,
      sent,
      echoed,
      doubled,
      lost: lost + refused,
    };
  }

  #connect(): SockjsSession {
    const { url, transportOf } = this.#options;
    this.#transport = transportOf(this.#connections);
    this.#transports.add(this.#transport);
    this.#connections += 1;
    this.#isFirstAnswer = true;
    this.#isBroken = false;
    return new SockjsSession({
      url,
      client: this.#http,
      transport: this.#transport,
      onAnswer: (answer) => this.#answered(answer),
    });
  }

  /** Every response but the first of an unknown session could have gone astray. */
  #answered({ headers, request, status }: Answer): void {
    const replica = replicaIn(this.#options.place, { headers, cookie: "", text: "" });
    const isFirst = this.#isFirstAnswer;
    const isChance = !isFirst || (this.#tally.replica !== "" && replica !== "");
    this.#tally.chances += isChance ? 1 : 0;
    this.#isFirstAnswer = false;
    if (status === 404) {
      // On the first response, the server does not offer the transport.
      this.#break(isFirst ? "closed" : "unknown session", replica, `${request} was answered 404`);
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
        if (event.replica !== "" && isOwnEcho(this.#options.place)) {
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
      // A 404 was counted with its response.
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

/** Whether names are where our own echo has them, which also puts them before each message. */
function isOwnEcho({ from, what }: ReplicaPlace): boolean {
  return from === "header" && what.toLowerCase() === "x-replica";
}

/** Compares names, of which an echo has only the last five characters. */
function isSame(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return a === b || (short.length === ECHOED_LENGTH && long.endsWith(short));
}
