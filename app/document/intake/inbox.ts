import { Early } from "./early.ts";
import type { Admitted, Decision } from "./intake.ts";
import type { MissingError } from "../content/integration.ts";
import { Refusal, type DocumentLimits } from "../limits.ts";
import type { Room } from "../room.ts";

/** Bytes of an update with more of which it takes milliseconds to read it. */
const MAX_BYTES_AT_ONCE = 16 * 1024;

export interface InboxEvents {
  /** An update is saved, or was saved already. */
  onSaved: () => void;
  onFailed: (error: unknown) => void;
  /** Gets whether updates that come now have to wait. */
  onBusy: (isBusy: boolean) => void;
  /** All that came is saved, or refused. */
  onIdle: () => void;
}

/** The updates that come from an editor. They are decided on and saved in their order. */
export class Inbox {
  readonly #room: Room;
  readonly #limits: DocumentLimits;
  readonly #events: InboxEvents;
  readonly #undecided: Uint8Array[] = [];
  readonly #early: Early;
  #earlyTimer: NodeJS.Timeout | undefined;
  #isDeciding = false;
  #saving = 0;
  #isOpen = true;
  #hasFailed = false;

  constructor(room: Room, limits: DocumentLimits, events: InboxEvents) {
    this.#room = room;
    this.#limits = limits;
    this.#events = events;
    this.#early = new Early(limits.maxDocumentBytes);
  }

  /** Whether nothing that came is still to be saved. */
  get isIdle(): boolean {
    return this.#saving === 0 && !this.#isDeciding;
  }

  /** @throws Refusal when it is too large */
  put(update: Uint8Array): void {
    const { maxDocumentBytes } = this.#limits;
    if (update.byteLength > maxDocumentBytes) {
      const reason = `an update has ${update.byteLength} bytes; the limit is ${maxDocumentBytes}`;
      throw new Refusal("document-bytes", reason);
    }
    this.#undecided.push(update);
    if (this.#isDeciding) {
      this.#events.onBusy(true);
    } else {
      void this.#decideAll();
    }
  }

  /** Takes up the updates again that needed what has come meanwhile. */
  retry(): void {
    if (this.#early.size === 0 || !this.#isOpen) {
      return;
    }
    this.#undecided.unshift(...this.#early.take((needed) => this.#room.intake.has(needed)));
    if (this.#early.size === 0) {
      clearTimeout(this.#earlyTimer);
      this.#earlyTimer = undefined;
    }
    if (this.#undecided.length > 0 && !this.#isDeciding) {
      void this.#decideAll();
    }
  }

  /** Waits no more for what updates need. */
  close(): void {
    this.#isOpen = false;
    clearTimeout(this.#earlyTimer);
  }

  /** One update after the other: at once, unless one has to be tried on a copy, or they take long together. */
  async #decideAll(): Promise<void> {
    const { turns } = this.#room.content;
    this.#isDeciding = true;
    for (let update = this.#undecided.shift(); update; update = this.#undecided.shift()) {
      try {
        if (update.byteLength > MAX_BYTES_AT_ONCE || turns.isOver) {
          await turns.run(() => true);
        }
        const decided = turns.short(() => this.#decide(update));
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
    const { content, intake } = this.#room;
    return content.isSettled
      ? this.#follow(update, intake.check(update))
      : content.settled().then(() => this.#decide(update));
  }

  async #judge(update: Uint8Array): Promise<void> {
    await this.#follow(update, await this.#room.intake.judge(update));
  }

  #follow(update: Uint8Array, decision: Decision): Promise<void> | undefined {
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
      case "admitted": {
        const saved = this.#save(decision.admitted);
        // What comes next may need it, and finds it in the document alone.
        return decision.admitted.judgement === undefined ? undefined : saved;
      }
    }
  }

  #keep(update: Uint8Array, needed: MissingError): void {
    this.#early.add(update, needed);
    this.#earlyTimer ??= setTimeout(() => {
      this.#failed(new Refusal("unavailable", "an update needs what was never sent; try again"));
    }, this.#limits.maxSaveSeconds * 1000);
    // It may have come while that was found out.
    this.retry();
  }

  async #save(admitted: Admitted): Promise<void> {
    this.#saving += 1;
    try {
      const saved = this.#room.save(admitted);
      this.retry();
      await saved;
      this.#events.onSaved();
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
