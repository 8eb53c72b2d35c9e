import type { Break, SessionResult } from "./report.ts";
import { latencyOf } from "./statistics.ts";

export interface TallyOptions {
  /** Number of the session, from 0. */
  session: number;
  /** Seconds since the start of the run. */
  clock: () => number;
  onBreak: (each: Break) => void;
}

/** Counts and times that every subject keeps. */
export class Tally {
  readonly latencies: number[] = [];
  /** Connections that could have gone astray. */
  chances = 0;
  readonly #options: TallyOptions;
  readonly #replicas: string[] = [];
  readonly #breaks: SessionResult["breaks"] = {
    "unknown session": 0,
    "foreign replica": 0,
    closed: 0,
    unanswered: 0,
  };
  #answeredAt = 0;
  #awaySince: number | undefined;
  #awayMs = 0;

  constructor(options: TallyOptions) {
    this.#options = options;
  }

  /** The replica that answered last; empty before the first answer, and if the server does not name it. */
  get replica(): string {
    return this.#replicas.at(-1) ?? "";
  }

  met(replica: string): void {
    if (replica !== this.replica) {
      this.#replicas.push(replica);
    }
  }

  /** Records an answer, which ends an interruption. */
  answered(milliseconds: number): void {
    this.latencies.push(milliseconds);
    this.#answeredAt = Date.now();
    if (this.#awaySince !== undefined) {
      this.#awayMs = Math.max(this.#awayMs, this.#answeredAt - this.#awaySince);
      this.#awaySince = undefined;
    }
  }

  /** Begins an interruption: at `since`, or at the last answer if that was later. */
  left(since = Date.now()): void {
    this.#awaySince ??= Math.max(since, this.#answeredAt);
  }

  broke(each: Omit<Break, "session" | "seconds">): void {
    const { clock, onBreak, session } = this.#options;
    this.#breaks[each.kind] += 1;
    onBreak({ session, seconds: clock(), ...each });
  }

  result() {
    return {
      session: this.#options.session,
      replicas: this.#replicas,
      chances: this.chances,
      breaks: this.#breaks,
      awayMs: Math.max(this.#awayMs, Date.now() - (this.#awaySince ?? Date.now())),
      latency: latencyOf(this.latencies),
    };
  }
}
