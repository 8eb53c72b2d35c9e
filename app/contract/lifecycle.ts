import { setTimeout as sleep } from "node:timers/promises";

/** `draining` still takes new work, for the load balancer goes on sending it; `closing` does not. */
export type Phase = "starting" | "ready" | "draining" | "closing" | "closed";

/** Longest time that closing sessions and connections may take, in seconds. */
export const CLOSING_SECONDS = 10;

/** What is left of the grace period when everything is closed, in seconds. */
const MARGIN_SECONDS = 15;

/** Time between two batches of closed sessions, in milliseconds. */
const BATCH_MS = 250;

/** Smallest batch: a few sessions need not be spread over time. */
const MIN_BATCH = 10;

/** Seconds from SIGTERM until a replica may be killed: `terminationGracePeriodSeconds` of its pod. */
export function gracePeriodSeconds(drainSeconds: number): number {
  return Math.ceil(drainSeconds) + CLOSING_SECONDS + MARGIN_SECONDS;
}

/**
 * How long connections stay before idle ones are closed, in milliseconds: a client that keeps one busy
 * learns from the next answer that it ends, instead of having a request reset.
 */
const LAST_ANSWERS_MS = 1000;

/** What a lifecycle closes at the end. */
export interface Closable {
  /** Sessions that are open now; `close` asks the client to come back elsewhere. */
  sessions(): readonly { close(): void }[];
  /** Connections that are open now. */
  connections(): number;
  /** Closes connections that carry no request now. */
  closeIdle(): void;
  /** Ends whatever is still there. */
  closeAll(): void;
}

/** The one owner of a server's phase. */
export class Lifecycle {
  #phase: Phase = "starting";
  #drained: Promise<void> | undefined;
  readonly #onPhase: (phase: Phase) => void;

  constructor(onPhase: (phase: Phase) => void) {
    this.#onPhase = onPhase;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** True from the moment on which clients are sent elsewhere. */
  get isClosing(): boolean {
    return this.#phase === "closing" || this.#phase === "closed";
  }

  /** Nothing once a drain has begun. */
  ready(): void {
    if (this.#phase === "starting") {
      this.#enter("ready");
    }
  }

  /**
   * Takes new work for `drainSeconds` more, since a load balancer goes on sending it after the
   * replica was deregistered, then closes sessions in batches. A second call joins the first.
   */
  drain(drainSeconds: number, closable: Closable): Promise<void> {
    this.#drained ??= this.#drain(drainSeconds, closable);
    return this.#drained;
  }

  async #drain(drainSeconds: number, closable: Closable): Promise<void> {
    this.#enter("draining");
    await sleep(drainSeconds * 1000);
    this.#enter("closing");
    const began = Date.now();
    const batches = (CLOSING_SECONDS * 1000) / BATCH_MS / 2;
    const batch = Math.max(MIN_BATCH, Math.ceil(closable.sessions().length / batches));
    for (;;) {
      const open = closable.sessions();
      open.slice(0, batch).forEach((session) => session.close());
      if (open.length === 0 && Date.now() - began >= LAST_ANSWERS_MS) {
        closable.closeIdle();
      }
      const isDone = open.length === 0 && closable.connections() === 0;
      if (isDone || Date.now() - began >= CLOSING_SECONDS * 1000) {
        break;
      }
      await sleep(BATCH_MS);
    }
    closable.closeAll();
    this.#enter("closed");
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#onPhase(phase);
  }
}
