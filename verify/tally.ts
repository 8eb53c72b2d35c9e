import { noBreaks } from "./breaks.ts";
import { Latencies } from "./latencies.ts";
import type { Break, SessionResult } from "./report.ts";
import { printable } from "./words.ts";

/** Maximum changes of the replica, different replicas and times of breaks that are kept of one session: a server can name new ones without end. */
export const MAX_KEPT = 100;

export interface TallyOptions {
  /** Number of the session, from 0. */
  session: number;
  /** Seconds since the start of the run. */
  clock: () => number;
  onBreak: (each: Break) => void;
  /** Called with the milliseconds that an answer took. */
  onAnswered: (milliseconds: number) => void;
}

/** Counts and times that every subject keeps. */
export class Tally {
  /** Connections that could have gone astray. */
  chances = 0;
  readonly #options: TallyOptions;
  readonly #latencies = new Latencies();
  readonly #replicas = new Set<string>();
  readonly #stays: SessionResult["stays"] = [];
  readonly #breaks = noBreaks();
  readonly #breaksAt: number[] = [];
  #replica = "";
  #moves = 0;
  #answeredAt = 0;
  #awaySince: number | undefined;
  #awayMs = 0;

  constructor(options: TallyOptions) {
    this.#options = options;
  }

  /** The replica that answered last; empty before the first answer, and if the server does not name it. */
  get replica(): string {
    return this.#replica;
  }

  met(replica: string): void {
    if (replica === this.#replica) {
      return;
    }
    this.#moves += this.#replica === "" ? 0 : 1;
    this.#replica = replica;
    addUpTo(MAX_KEPT, this.#replicas, replica);
    if (this.#stays.length < MAX_KEPT) {
      this.#stays.push({ seconds: this.#options.clock(), replica });
    }
  }

  /** Records an answer, which ends an interruption. */
  answered(milliseconds: number): void {
    this.#latencies.add(milliseconds);
    this.#options.onAnswered(milliseconds);
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
    const seconds = clock();
    this.#breaks[each.kind] += 1;
    if (this.#breaksAt.length < MAX_KEPT) {
      this.#breaksAt.push(seconds);
    }
    onBreak({ session, seconds, ...each, detail: printable(each.detail) });
  }

  result() {
    return {
      session: this.#options.session,
      replicas: [...this.#replicas],
      moves: this.#moves,
      stays: this.#stays,
      chances: this.chances,
      breaks: this.#breaks,
      breaksAt: this.#breaksAt,
      awayMs: Math.max(this.#awayMs, Date.now() - (this.#awaySince ?? Date.now())),
      latency: this.#latencies.summary(),
    };
  }
}

/** Adds a value unless there are this many. */
export function addUpTo(max: number, values: Set<string>, value: string): void {
  if (values.size < max) {
    values.add(value);
  }
}
