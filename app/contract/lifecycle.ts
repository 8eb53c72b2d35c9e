import { setTimeout as sleep } from "node:timers/promises";

/** A `draining` server still accepts new work, which load balancers keep sending; a `closing` one does not. */
export type Phase = "starting" | "ready" | "draining" | "closing" | "closed";

/** Maximum time for closing sessions and connections, in seconds. */
export const CLOSING_SECONDS = 10;

/** Remainder of the grace period when everything is closed, in seconds. */
const MARGIN_SECONDS = 15;

/** Time between two batches of sessions to close, in milliseconds. */
const BATCH_MS = 250;

/** Smallest batch, because a few sessions need not be spread over time. */
const MIN_BATCH = 10;

/** Seconds from SIGTERM until a replica may be killed: `terminationGracePeriodSeconds` of its pod. */
export function gracePeriodSeconds(drainSeconds: number): number {
  return Math.ceil(drainSeconds) + CLOSING_SECONDS + MARGIN_SECONDS;
}

/**
 * Milliseconds before idle connections are closed. Until then a busy client learns from the next response that its connection
 * ends, instead of having a request reset.
 */
const LAST_ANSWERS_MS = 1000;

/** What a lifecycle closes. */
export interface Closable {
  /** Open sessions; `close` asks the client to reconnect, to another replica. */
  sessions(): readonly { close(): void }[];
  /** Open connections. */
  connections(): number;
  /** Closes connections without a request in progress. */
  closeIdle(): void;
  /** Closes whatever is still open. */
  closeAll(): void;
}

/** Owns a server's phase. */
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

  /** Whether clients are being sent to other replicas. */
  get isClosing(): boolean {
    return this.#phase === "closing" || this.#phase === "closed";
  }

  /** Has no effect once a drain has begun. */
  ready(): void {
    if (this.#phase === "starting") {
      this.#enter("ready");
    }
  }

  /**
   * Accepts new work for another `drainSeconds`, because a load balancer keeps sending it after it has deregistered the
   * replica, then closes sessions in batches. A second call joins the first.
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
