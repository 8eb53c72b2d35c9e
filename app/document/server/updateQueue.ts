import { PendingUpdates } from "./pendingUpdates.ts";
import type { MissingError } from "../content/integration.ts";
import type { DocumentLimits } from "../limits.ts";
import { CloseError, type CloseReason } from "../protocol/closeError.ts";
import type { Room, Submission } from "../room/room.ts";

/** Bytes of an update with more of which it takes milliseconds to read it. */
const MAX_BYTES_AT_ONCE = 16 * 1024;

/** Updates that are tried on one copy, in number and in bytes; while more wait, no more are read. */
const MAX_TOGETHER = 1000;
const MAX_BYTES_TOGETHER = 256 * 1024;

/** Why updates are refused for what they have, and not for the moment at which they came. */
const FAULTS: readonly CloseReason[] = ["poisoned", "costly", "document-bytes", "memory"];

export interface UpdateQueueEvents {
  /** An update is saved, or was saved already. */
  onSaved: () => void;
  onFailed: (error: unknown) => void;
  /** Gets whether updates that come now have to wait. */
  onBusy: (isBusy: boolean) => void;
  /** All that came is saved, or refused. */
  onIdle: () => void;
}

/** The updates that come from an editor. They are decided on and saved in their order. */
export class UpdateQueue {
  readonly #room: Room;
  readonly #limits: DocumentLimits;
  readonly #events: UpdateQueueEvents;
  readonly #undecided: Uint8Array[] = [];
  /** How many of them are tried on one copy next. */
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

  /** Whether nothing that came is still to be saved. */
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

  /** Takes up the updates again that needed what has come meanwhile. */
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

  /** Waits no more for what updates need. */
  close(): void {
    this.#isOpen = false;
    clearTimeout(this.#pendingTimer);
  }

  /** One update after the other: at once, unless one has to be tried on a copy, or they take long together. */
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

  /** @returns a promise where that takes time */
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

  /** Tries an update together with those that wait behind it: people write faster than each can be tried by itself. */
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
   * Tries fewer where one of them is at fault or lacks something, so that the others do not pay for it, and where they
   * are too costly only together.
   *
   * @returns for how many, from the first one on, the submission holds
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
      this.#fail(new CloseError("unavailable", "an update needs what was never sent; try again"));
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

/** How many of these, from the first one on, are not too much to be tried on one copy. */
function fitting(updates: readonly Uint8Array[]): number {
  let bytes = 0;
  const end = updates.findIndex(
    ({ byteLength }, index) => index >= MAX_TOGETHER || (bytes += byteLength) > MAX_BYTES_TOGETHER,
  );
  return end === -1 ? updates.length : end;
}
