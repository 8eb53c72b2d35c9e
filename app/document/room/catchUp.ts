import { setTimeout as sleep } from "node:timers/promises";
import type { Content } from "../content/content.ts";
import type { DocumentLimits } from "../limits.ts";
import type { Logger } from "../../contract/log.ts";
import type { DocumentMetrics } from "../metrics.ts";
import { CloseError } from "../protocol/closeError.ts";
import type { NumberedUpdate, UpdateStore } from "../storage/updateStore.ts";
import { SequenceTracker } from "./sequenceTracker.ts";

/** Time until the next try to read what other replicas have saved, in milliseconds. */
const RETRY_MS = 300;

export interface CatchUpServices {
  store: UpdateStore;
  metrics: DocumentMetrics;
  limits: DocumentLimits;
  log: Logger;
}

export interface CatchUpEvents {
  /** Called before updates of others are integrated. */
  onOthers: () => void;
  /** Integrates updates and sends them to the editors; `bytes` of each are not in a snapshot, by default all. */
  integrate: (updates: readonly Uint8Array[], bytes?: number) => Promise<void>;
  /** The document was renewed. */
  onRenewed: () => void;
}

/** Reads the updates of a document that other replicas have saved. */
export class CatchUp {
  readonly #id: string;
  readonly #content: Content;
  readonly #services: CatchUpServices;
  readonly #events: CatchUpEvents;
  readonly #sequence = new SequenceTracker();
  #reading: Promise<void> | undefined;
  /** Resolves when the calls of `reach` so far have: each continues after those before, whose updates it may need. */
  #reaching = Promise.resolve();
  #isStopped = false;

  constructor(id: string, content: Content, services: CatchUpServices, events: CatchUpEvents) {
    this.#id = id;
    this.#content = content;
    this.#services = services;
    this.#events = events;
  }

  /** Number up to which the document has every update, or is integrating it. */
  get applied(): number {
    return this.#sequence.applied;
  }

  /** Sets the number of the last update that was read to open the document. */
  begin(number: number): void {
    this.#sequence.advanceTo(number);
  }

  /**
   * Records an update that this replica has saved.
   *
   * @returns false if the document has it already
   */
  add(number: number): boolean {
    const isNew = !this.#sequence.has(number);
    if (isNew) {
      this.#sequence.add(number);
    }
    return isNew;
  }

  /** Reads the updates up to a number, if the document lacks any. */
  to(number: number): void {
    this.#sequence.announce(number);
    this.start();
  }

  /** Starts to read, if the document lacks an update. */
  start(): void {
    if (this.#isBehind) {
      this.#reading ??= this.#readUntilComplete().finally(() => {
        this.#reading = undefined;
        this.start();
      });
    }
  }

  /**
   * Resolves when the document has all updates up to a number.
   *
   * @throws CloseError when that takes longer than an update may wait
   */
  reach(number: number): Promise<void> {
    const latest = performance.now() + 1000 * this.#services.limits.maxSaveSeconds;
    const reached = this.#reaching.then(async () => {
      this.to(number);
      while (this.applied < number && this.#reading !== undefined) {
        if (performance.now() > latest) {
          throw new CloseError("unavailable", "the database is unavailable; try again");
        }
        await Promise.race([this.#reading, sleep(RETRY_MS)]);
      }
    });
    this.#reaching = reached.catch(() => undefined);
    return reached;
  }

  /** Reads no more; resolves when what was begun has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#reading;
  }

  get #isBehind(): boolean {
    return !this.#isStopped && this.#sequence.isBehind;
  }

  async #readUntilComplete(): Promise<void> {
    while (this.#isBehind) {
      const before = this.applied;
      try {
        await this.#read();
      } catch (error) {
        const reason = String(error);
        this.#services.log.warn({ document: this.#id, reason }, "cannot read new updates yet");
      }
      if (this.applied === before) {
        await sleep(RETRY_MS);
      }
    }
  }

  async #read(): Promise<void> {
    const { store, metrics } = this.#services;
    const after = this.applied;
    const updates = await store.readAfter(this.#id, after);
    if (updates[0]?.number === after + 1) {
      await this.#integrate(updates);
      return;
    }
    // A snapshot has replaced the updates meanwhile.
    const { snapshot, updates: newer = [], past } = (await store.read(this.#id)) ?? {};
    if (snapshot !== undefined && !this.#content.past.isOf(past)) {
      this.#isStopped = true;
      this.#events.onRenewed();
      return;
    }
    if (snapshot !== undefined && snapshot.number > this.applied) {
      metrics.hops.inc(snapshot.number - this.applied);
      this.#sequence.advanceTo(snapshot.number);
      this.#events.onOthers();
      await this.#events.integrate([snapshot.state], 0);
    }
    await this.#integrate(newer);
  }

  /** Some of the updates may be this replica's own, and some may have been committed while they were read. */
  async #integrate(updates: readonly NumberedUpdate[]): Promise<void> {
    const unknown = updates.filter(({ number }) => number > this.applied);
    const last = unknown.at(-1);
    if (last === undefined) {
      return;
    }
    const hops = unknown.filter(({ isOwn }) => !isOwn);
    this.#services.metrics.hops.inc(hops.length);
    const lacking = unknown.filter(({ number }) => !this.#sequence.has(number));
    this.#sequence.advanceTo(last.number);
    this.#events.onOthers();
    await this.#events.integrate(lacking.map(({ update }) => update));
  }
}
