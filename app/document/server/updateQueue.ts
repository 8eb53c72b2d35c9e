import { PendingUpdates } from "./pendingUpdates.ts";
import type { AcceptedUpdate, Decision } from "../validation/updateValidator.ts";
import type { MissingError } from "../content/integration.ts";
import type { DocumentLimits } from "../limits.ts";
import { CloseError, type CloseReason } from "../protocol/closeError.ts";
import type { Room } from "../room/room.ts";

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
  #hasFailed = false;

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
    this.#undecided.unshift(
      ...this.#pending.takeReady((needed) => this.#room.validator.has(needed)),
    );
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
        this.#failed(error);
      }
    }
    this.#isDeciding = false;
    this.#events.onBusy(false);
    this.#settled();
  }

  /** @returns a promise where that takes time */
  #decide(update: Uint8Array): Promise<void> | undefined {
    const { content, validator } = this.#room;
    return content.isSettled
      ? this.#follow(update, validator.check(update))
      : content.settled().then(() => this.#decide(update));
  }

  /** Tries an update together with those that wait behind it: people write faster than each can be tried on its own copy. */
  async #judge(update: Uint8Array): Promise<void> {
    const count = Math.min(this.#together, fitting([update, ...this.#undecided]));
    const behind = this.#undecided.splice(0, Math.max(0, count - 1));
    this.#events.onBusy(false);
    const { decision, tried } = await this.#judgeTogether(update, behind);
    if (!this.#hasFailed) {
      this.#undecided.unshift(...behind.slice(tried - 1));
      await this.#follow(update, decision, tried);
    }
  }

  /**
   * Tries fewer where one of them is at fault, or lacks something, which the others are not to pay for, and where they are
   * too costly only together.
   *
   * @returns with how many the decision was found, from the first one on
   */
  async #judgeTogether(
    update: Uint8Array,
    behind: readonly Uint8Array[],
  ): Promise<{ decision: Decision; tried: number }> {
    const { validator } = this.#room;
    for (let tried = 1 + behind.length; tried > 1; tried = this.#together) {
      try {
        const decision = await validator.judge(update, behind.slice(0, tried - 1));
        if (decision.kind === "accepted" && decision.accepted.judgement !== undefined) {
          this.#together = Math.min(MAX_TOGETHER, 2 * tried);
          return { decision, tried };
        }
        if (decision.kind !== "early") {
          return { decision, tried: 1 };
        }
      } catch (error) {
        if (!(error instanceof CloseError) || !FAULTS.includes(error.kind)) {
          throw error;
        }
      }
      this.#together = Math.floor(tried / 2);
    }
    return { decision: await validator.judge(update), tried: 1 };
  }

  #follow(update: Uint8Array, decision: Decision, count = 1): Promise<void> | undefined {
    // While this one was tried, one has failed that it may need.
    if (this.#hasFailed) {
      return undefined;
    }
    switch (decision.kind) {
      case "known":
        this.#events.onSaved();
        return undefined;
      case "early":
        this.#keep(update, decision.needed);
        return undefined;
      case "unclear":
        return this.#judge(update);
      case "accepted": {
        const saved = this.#save(decision.accepted, count);
        // What comes next may need it, and finds it in the document alone.
        return decision.accepted.judgement === undefined ? undefined : saved;
      }
    }
  }

  #keep(update: Uint8Array, needed: MissingError): void {
    this.#pending.add(update, needed);
    this.#pendingTimer ??= setTimeout(() => {
      this.#failed(new CloseError("unavailable", "an update needs what was never sent; try again"));
    }, this.#limits.maxSaveSeconds * 1000);
    // It may have come while that was found out.
    this.retryPending();
  }

  /** @param count of the updates that it has */
  async #save(accepted: AcceptedUpdate, count: number): Promise<void> {
    this.#saving += 1;
    try {
      const saved = this.#room.save(accepted);
      this.retryPending();
      await saved;
      for (let each = 0; each < count; each++) {
        this.#events.onSaved();
      }
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#saving -= 1;
      this.#settled();
    }
  }

  /** What came later may need what has failed. */
  #failed(error: unknown): void {
    this.#undecided.length = 0;
    this.#hasFailed = true;
    this.close();
    this.#events.onFailed(error);
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
