import { PendingUpdates } from "./pendingUpdates.ts";
import type { MissingError } from "../content/integration.ts";
import type { DocumentLimits } from "../limits.ts";
import { CloseError, type CloseReason } from "../protocol/closeError.ts";
import type { Room, Submission } from "../room/room.ts";

/** Bytes of an update above which reading it takes milliseconds. */
const MAX_BYTES_AT_ONCE = 16 * 1024;

/** Most updates that are tried on one copy, in number and in bytes; while more wait, the socket is paused. */
const MAX_TOGETHER = 1000;
const MAX_BYTES_TOGETHER = 256 * 1024;

/** Reasons that lie in an update itself, and not in the moment of its arrival. */
const FAULTS: readonly CloseReason[] = ["poisoned", "costly", "document-bytes", "memory"];

export interface UpdateQueueEvents {
  /** Called for each update that is saved, or was saved already. */
  onSaved: () => void;
  onFailed: (error: unknown) => void;
  /** Called with whether further updates would have to wait. */
  onBusy: (isBusy: boolean) => void;
  /** Called when every update that was received is saved or rejected. */
  onIdle: () => void;
}

/** The updates that an editor sends, which are decided on and saved in their order. */
export class UpdateQueue {
  readonly #room: Room;
  readonly #limits: DocumentLimits;
  readonly #events: UpdateQueueEvents;
  readonly #undecided: Uint8Array[] = [];
  /** How many updates are tried on one copy next. */
  #together = MAX_TOGETHER;
  readonly #pending: PendingUpdates;
  #pendingTimer: NodeJS.Timeout | undefined;
  #isDeciding = false;
  #saving = 0;
  #isOpen = true;
  /** Aborted by the first failure. */
  readonly #failure = new AbortController();

  constructor(room: Room, limits: DocumentLimits, events: UpdateQueueEvents) {
    this.#room = room;
    this.#limits = limits;
    this.#events = events;
    this.#pending = new PendingUpdates(limits.maxDocumentBytes);
  }

  /** Whether nothing that was received is still to be saved. */
  get isIdle(): boolean {
    return this.#saving === 0 && !this.#isDeciding;
  }

  /** @throws CloseError when it is too large */
  push(update: Uint8Array): void {
    const { maxDocumentBytes } = this.#limits;
    if (update.byteLength > maxDocumentBytes) {
      const reason = `an update has ${update.byteLength} bytes; the limit is ${maxDocumentBytes}`;
      throw new CloseError("document-bytes", reason);
    }
    this.#undecided.push(update);
    if (!this.#isDeciding) {
      void this.#decideAll();
    } else if (fitting(this.#undecided) < this.#undecided.length) {
      this.#events.onBusy(true);
    }
  }

  /** Submits pending updates again whose missing items have arrived. */
  retryPending(): void {
    if (this.#pending.size === 0 || !this.#isOpen) {
      return;
    }
    this.#undecided.unshift(...this.#pending.takeReady((needed) => this.#room.has(needed)));
    if (this.#pending.size === 0) {
      clearTimeout(this.#pendingTimer);
      this.#pendingTimer = undefined;
    }
    if (this.#undecided.length > 0 && !this.#isDeciding) {
      void this.#decideAll();
    }
  }

  /** Stops waiting for items that pending updates need. */
  close(): void {
    this.#isOpen = false;
    clearTimeout(this.#pendingTimer);
  }

  /** Decides on one update after the other: at once, unless one is tried on a copy or they take long together. */
  async #decideAll(): Promise<void> {
    const { scheduler } = this.#room.content;
    this.#isDeciding = true;
    for (let update = this.#undecided.shift(); update; update = this.#undecided.shift()) {
      try {
        if (update.byteLength > MAX_BYTES_AT_ONCE || scheduler.isOverBudget) {
          await scheduler.run(() => true);
        }
        const decided = scheduler.runShort(() => this.#decide(update));
        if (decided !== undefined) {
          await decided;
        }
      } catch (error) {
        this.#fail(error);
      }
    }
    this.#isDeciding = false;
    this.#events.onBusy(false);
    this.#settled();
  }

  /** @returns a promise if that takes time */
  #decide(update: Uint8Array): Promise<void> | undefined {
    const submission = this.#room.submit(update, this.#failure.signal);
    return submission instanceof Promise
      ? submission.then((each) => this.#follow(update, each))
      : this.#follow(update, submission);
  }

  #follow(update: Uint8Array, submission: Submission): Promise<void> | undefined {
    switch (submission.kind) {
      case "known":
        this.#events.onSaved();
        return undefined;
      case "early":
        this.#keep(update, submission.needed);
        return undefined;
      case "unclear":
        return this.#try(update);
      case "saving": {
        const confirmed = this.#confirm(submission.saved, 1);
        // The next update may need one that was tried, and finds its items in the document alone.
        return submission.wasTried ? confirmed : undefined;
      }
    }
  }

  /** Tries an update together with those that wait behind it: typing is faster than a trial for each update. */
  async #try(update: Uint8Array): Promise<void> {
    const count = Math.min(this.#together, fitting([update, ...this.#undecided]));
    const behind = this.#undecided.splice(0, Math.max(0, count - 1));
    this.#events.onBusy(false);
    const { submission, tried } = await this.#tryTogether(update, behind);
    this.#undecided.unshift(...behind.slice(tried - 1));
    await (submission.kind === "saving" && submission.wasTried
      ? this.#confirm(submission.saved, tried)
      : this.#follow(update, submission));
  }

  /**
   * Tries fewer when one of them is rejected or early, which must not affect the others, and when they are too costly
   * only together.
   *
   * @returns the submission, and how many updates it is about, from the first one on
   */
  async #tryTogether(
    update: Uint8Array,
    behind: readonly Uint8Array[],
  ): Promise<{ submission: Submission; tried: number }> {
    const { signal } = this.#failure;
    for (let tried = 1 + behind.length; tried > 1; tried = this.#together) {
      try {
        const some = behind.slice(0, tried - 1);
        const submission = await this.#room.submitToTrial(update, some, signal);
        if (submission.kind === "saving" && submission.wasTried) {
          this.#together = Math.min(MAX_TOGETHER, 2 * tried);
          return { submission, tried };
        }
        if (submission.kind !== "early") {
          return { submission, tried: 1 };
        }
      } catch (error) {
        const isFault = error instanceof CloseError && FAULTS.includes(error.kind);
        if (signal.aborted || !isFault) {
          throw error;
        }
      }
      this.#together = Math.floor(tried / 2);
    }
    return { submission: await this.#room.submitToTrial(update, [], signal), tried: 1 };
  }

  #keep(update: Uint8Array, needed: MissingError): void {
    this.#pending.add(update, needed);
    this.#pendingTimer ??= setTimeout(() => {
      this.#fail(
        new CloseError("unavailable", "an update depends on one that was never sent; try again"),
      );
    }, this.#limits.maxSaveSeconds * 1000);
    // The item may have arrived while the update was checked.
    this.retryPending();
  }

  /** @param count of the updates that are saved together */
  async #confirm(saved: Promise<void>, count: number): Promise<void> {
    this.#saving += 1;
    try {
      this.retryPending();
      await saved;
      for (let each = 0; each < count; each++) {
        this.#events.onSaved();
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#saving -= 1;
      this.#settled();
    }
  }

  /** Gives up all that waits, which may need the update that has failed. */
  #fail(error: unknown): void {
    this.#undecided.length = 0;
    if (!this.#failure.signal.aborted) {
      this.#failure.abort(error);
      this.close();
      this.#events.onFailed(error);
    }
  }

  #settled(): void {
    if (this.isIdle) {
      this.#events.onIdle();
    }
  }
}

/** How many of the updates, from the first one on, can be tried on one copy. */
function fitting(updates: readonly Uint8Array[]): number {
  let bytes = 0;
  const end = updates.findIndex(
    ({ byteLength }, index) => index >= MAX_TOGETHER || (bytes += byteLength) > MAX_BYTES_TOGETHER,
  );
  return end === -1 ? updates.length : end;
}
