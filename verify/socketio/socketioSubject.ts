import { causeOf } from "../causes.ts";
import type { ReplicaPlace } from "../replicaPlace.ts";
import type { Break } from "../report.ts";
import type { Subject } from "../subject.ts";
import { Tally, type TallyOptions } from "../tally.ts";
import type { Unit } from "../units.ts";
import type { HttpClient } from "../visits/client.ts";
import type { Visitor } from "../visits/visitors.ts";
import { isOfUnknownSession, replicaInAnswer, replicaInEvent } from "./answers.ts";
import { SocketioSession } from "./session.ts";
import type { Answer, TransportName } from "./transports.ts";

export interface SocketioSubjectOptions extends TallyOptions, Visitor {
  unit: Unit;
  namespace: string;
  /** Where the replica is named: in responses, or in the first event from the server. */
  place: ReplicaPlace;
  transport: TransportName;
  /** Whether a new session must reach the replica of the one before. */
  mustReturn: boolean;
}

/**
 * The sessions of one Socket.IO client, or about one key. A session that polls is kept and sends heartbeats; each of
 * them could go astray. Another one is replaced every time, because only opening and upgrading it can go astray.
 */
export class SocketioSubject implements Subject {
  readonly #options: SocketioSubjectOptions;
  readonly #tally: Tally;
  readonly #clients = new Set<HttpClient>();
  #session: SocketioSession | undefined;
  #opened = 0;
  #sent = 0;
  #echoed = 0;
  #waiting = 0;
  #sentAt = 0;
  /** The replica that should answer; empty if it is not known. */
  #home = "";
  #isFirstAnswer = true;
  /** Whether the session has broken: consequences of a break are not counted. */
  #isBroken = false;

  constructor(options: SocketioSubjectOptions) {
    this.#options = options;
    this.#tally = new Tally(options);
  }

  get isOpen(): boolean {
    return this.#session?.isReady === true;
  }

  get replica(): string {
    return this.isOpen ? this.#tally.replica : "";
  }

  get waiting(): number {
    return this.#waiting;
  }

  get echoed(): number {
    return this.#echoed;
  }

  send(): void {
    const session = this.#session;
    if (session?.isReady === false) {
      return;
    }
    if (session?.transport === "polling" && this.#options.key === undefined) {
      if (session.beat(() => this.#received())) {
        this.#began();
      }
    } else {
      session?.close();
      this.#open();
    }
  }

  interrupt(): void {
    if (this.isOpen) {
      this.#session?.close();
      this.#session = undefined;
      this.#tally.left();
    }
  }

  close(): void {
    this.#session?.close();
    this.#session = undefined;
    this.#waiting = 0;
  }

  result(): ReturnType<Subject["result"]> {
    const { key, transport, unit } = this.#options;
    const clients = [...this.#clients];
    return {
      ...this.#tally.result(),
      source: [...new Set(clients.map(({ source }) => source))].toSorted().join(),
      transports: [transport],
      reconnects: Math.max(0, this.#opened - 1),
      sent: this.#sent,
      echoed: this.#echoed,
      doubled: 0,
      lost: this.#sent - this.#echoed,
      ...(unit === "session"
        ? {}
        : {
            visits: {
              ...(key === undefined ? {} : { key }),
              errors: 0,
              repeated: 0,
              hasCookie: clients.some(({ hasCookie }) => hasCookie),
              lastAnswers: 0,
              lastReplicas: [],
            },
          }),
    };
  }

  #open(): void {
    const { clientOf, mustReturn, namespace, request, transport } = this.#options;
    const client = clientOf(this.#opened);
    this.#clients.add(client);
    this.#opened += 1;
    this.#home = mustReturn ? this.#home : "";
    this.#isFirstAnswer = true;
    this.#isBroken = false;
    this.#began();
    this.#session = new SocketioSession({
      request,
      namespace,
      client,
      transport,
      onAnswer: (answer) => this.#answered(answer),
      onReady: () => this.#received(),
      onEvent: (args) => this.#named(args),
      onClosed: (error) => this.#closed(error),
    });
  }

  #began(): void {
    this.#sent += 1;
    this.#waiting += 1;
    this.#sentAt = Date.now();
  }

  #received(): void {
    this.#echoed += 1;
    this.#waiting -= 1;
    this.#tally.answered(Date.now() - this.#sentAt);
  }

  #closed(error: Error): void {
    this.#session = undefined;
    this.#waiting = 0;
    this.#tally.left();
    this.#break("closed", "", causeOf(error).words);
  }

  /** Every response but the first of a session could have gone astray; the first could if the client is known. */
  #answered(answer: Answer): void {
    const { request, status } = answer;
    const isFirst = this.#isFirstAnswer;
    this.#isFirstAnswer = false;
    const replica = replicaInAnswer(this.#options.place, answer);
    this.#tally.chances += !isFirst || (this.#home !== "" && replica !== "") ? 1 : 0;
    if (!isFirst && isOfUnknownSession(answer)) {
      this.#break("unknown session", replica, `${request} was answered ${status}`);
    } else if (replica !== "") {
      this.#met(replica, `${request} was answered by ${replica}`);
    }
  }

  /** The first event names the replica of the whole session. */
  #named(args: readonly unknown[]): void {
    const replica = replicaInEvent(this.#options.place, args);
    if (replica !== "") {
      this.#tally.chances += this.#home === "" ? 0 : 1;
      this.#met(replica, `a session was opened by ${replica}`);
    }
  }

  #met(replica: string, detail: string): void {
    if (this.#home !== "" && this.#home !== replica) {
      this.#break("foreign replica", replica, detail);
    }
    this.#home = replica;
    this.#tally.met(replica);
  }

  #break(kind: Break["kind"], met: string, detail: string): void {
    if (!this.#isBroken) {
      this.#isBroken = true;
      const { transport } = this.#options;
      this.#tally.broke({ transport, kind, expected: this.#home, met, detail });
    }
  }
}
