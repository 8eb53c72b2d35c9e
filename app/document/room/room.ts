import { setTimeout as sleep } from "node:timers/promises";
import type { Document, Hocuspocus } from "@hocuspocus/server";
import { Content } from "../content/content.ts";
import {
  UpdateValidator,
  type AcceptedUpdate,
  type ValidationServices,
} from "../validation/updateValidator.ts";
import { TooCostlyError } from "../content/integration.ts";
import { Past } from "../content/past.ts";
import { CloseError } from "../protocol/closeError.ts";
import type { Renewer } from "./renewer.ts";
import type { NumberedState, NumberedUpdate, StoredDocument } from "../storage/updateStore.ts";
import { SequenceTracker } from "./sequenceTracker.ts";
import type { Scheduler } from "../content/scheduler.ts";
import { Maintenance, type MaintainedDocument, type MaintenanceServices } from "./maintenance.ts";
import type { UpdateWriter } from "../storage/updateWriter.ts";

/** Time until the next try to read what other replicas saved, in milliseconds. */
const RETRY_MS = 300;

/** Updates that others saved of which each is shown for itself; of more, what they come to. */
const MAX_SHOWN = 20;

/** What the rooms of a replica share. */
export interface RoomServices extends MaintenanceServices, ValidationServices {
  renewer: Renewer;
  hocuspocus: Hocuspocus;
  writer: UpdateWriter;
  scheduler: Scheduler;
}

/** Somebody who sees what a document gets. */
export interface Subscriber {
  send(update: Uint8Array): void;
  /** Ends the connection. */
  close(refusal: CloseError): void;
}

/** A document in memory. It has what is committed, and gets it in the order in which it was committed. */
export class Room implements MaintainedDocument {
  readonly id: string;
  /** Who is connected, and what they tell of themselves; what is in the document, it does not have. */
  readonly document: Document;
  readonly content: Content;
  readonly validator: UpdateValidator;
  /** The editors that are here. */
  readonly subscribers = new Set<Subscriber>();
  /** Which of them speaks for a client in what people tell of themselves. */
  readonly clients = new Map<number, object>();
  readonly #services: RoomServices;
  readonly #maintenance: Maintenance;
  readonly #release: () => Promise<void>;

  readonly #sequence = new SequenceTracker();
  #isRenewed = false;
  #catchingUp: Promise<void> | undefined;
  /** Resolves when those go on that were tried on a copy: one after the other, as each may need those before. */
  #reaching = Promise.resolve();
  #isClosed = false;

  private constructor(
    id: string,
    document: Document,
    services: RoomServices,
    release: () => Promise<void>,
  ) {
    this.id = id;
    this.document = document;
    this.content = new Content(services.scheduler);
    this.validator = new UpdateValidator(id, this.content, services);
    this.#services = services;
    this.#maintenance = new Maintenance(this, services.limits.maxDocumentBytes, services);
    this.#release = release;
  }

  /** Loads a document; undefined where there is none. */
  static async open(id: string, services: RoomServices): Promise<Room | undefined> {
    const { store, hocuspocus } = services;
    const stored = await store.open(id);
    if (stored === undefined) {
      return undefined;
    }
    const direct = await hocuspocus.openDirectConnection(id);
    if (direct.document === null) {
      throw new Error("the document was closed while it was opened");
    }
    const release = async (): Promise<void> => {
      await direct.disconnect();
      await store.close(id);
    };
    const room = new Room(id, direct.document, services, release);
    try {
      await room.#load(stored);
    } catch (error) {
      await release();
      throw error;
    }
    return room;
  }

  /** Number up to which the document has every update, or has it in line. */
  get applied(): number {
    return this.#sequence.applied;
  }

  /** Whether the document was renewed since it was opened: nobody can come in before all have left. */
  get isRenewed(): boolean {
    return this.#isRenewed;
  }

  /** The state with its number. */
  async state(): Promise<NumberedState> {
    const number = this.applied;
    return { number, state: await this.content.encode() };
  }

  /**
   * Saves an update, and only then shows it to all who are here.
   *
   * @throws CloseError when it cannot be saved now
   */
  async save(accepted: AcceptedUpdate): Promise<void> {
    const { update, title, judgement } = accepted;
    const { writer } = this.#services;
    this.validator.saveStarted(accepted);
    try {
      if (judgement !== undefined) {
        await this.#reach(judgement.number);
        this.validator.assertSound(judgement);
      }
      const basis = judgement?.number ?? this.applied;
      const number = await writer.save({ documentId: this.id, update, title, basis });
      if (!this.#sequence.has(number)) {
        this.#sequence.add(number);
        await this.#integrate([update]);
        this.#catchUp();
      }
      this.validator.measured(accepted);
      this.#maintenance.updateSaved(number);
    } catch (error) {
      this.validator.saveFailed();
      throw error;
    } finally {
      this.validator.saveSettled(accepted);
    }
  }

  /** Hears that there are updates up to this number. */
  catchUpTo(number: number): void {
    this.#sequence.announce(number);
    this.#catchUp();
  }

  /** Resolves when it is out of memory. To be called when nobody is here and nothing is being saved any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#catchingUp;
    await this.content.settled();
    await this.#maintenance.finish();
    await this.#release();
  }

  async #load({ snapshot, updates, past }: StoredDocument): Promise<void> {
    this.content.past = new Past(past);
    const integrate = (some: readonly Uint8Array[]): Promise<void> =>
      this.content.integrate(some, (error) => this.#failed(error));
    await integrate(snapshot === undefined ? [] : [snapshot.state]);
    this.#maintenance.snapshotIntegrated();
    await integrate(updates.map(({ update }) => update));
    this.#sequence.advanceTo(updates.at(-1)?.number ?? snapshot?.number ?? 0);
    this.#services.metrics.read.inc(updates.length);
    updates.forEach(({ update }) => this.#maintenance.updateAdded(update.byteLength));
    this.#maintenance.opened(updates.length);
  }

  /**
   * Resolves when the document has all updates up to this number.
   *
   * @throws CloseError when that takes longer than an update may wait
   */
  #reach(number: number): Promise<void> {
    const latest = performance.now() + 1000 * this.#services.limits.maxSaveSeconds;
    const reached = this.#reaching.then(async () => {
      this.catchUpTo(number);
      while (this.applied < number && this.#catchingUp !== undefined) {
        if (performance.now() > latest) {
          throw new CloseError("unavailable", "the database cannot be read now; try again");
        }
        await Promise.race([this.#catchingUp, sleep(RETRY_MS)]);
      }
    });
    this.#reaching = reached.catch(() => undefined);
    return reached;
  }

  /** Reads what it lacks, if it lacks something. */
  #catchUp(): void {
    if (this.#lacks()) {
      this.#catchingUp ??= this.#readUntilComplete().finally(() => {
        this.#catchingUp = undefined;
        this.#catchUp();
      });
    }
  }

  #lacks(): boolean {
    return !this.#isClosed && !this.#isRenewed && this.#sequence.isBehind;
  }

  async #readUntilComplete(): Promise<void> {
    while (this.#lacks()) {
      const before = this.applied;
      try {
        await this.#readNew();
      } catch (error) {
        const reason = String(error);
        this.#services.log.warn({ document: this.id, reason }, "cannot read what is new yet");
      }
      if (this.applied === before) {
        await sleep(RETRY_MS);
      }
    }
  }

  async #readNew(): Promise<void> {
    const { store, metrics } = this.#services;
    const after = this.applied;
    const updates = await store.readAfter(this.id, after);
    if (updates[0]?.number === after + 1) {
      await this.#follow(updates);
      return;
    }
    // A snapshot has taken their place meanwhile.
    const { snapshot, updates: newer = [], past } = (await store.read(this.id)) ?? {};
    if (snapshot !== undefined && !this.content.past.isOf(past)) {
      this.#end();
      return;
    }
    if (snapshot !== undefined && snapshot.number > this.applied) {
      metrics.hops.inc(snapshot.number - this.applied);
      this.#sequence.advanceTo(snapshot.number);
      this.validator.invalidateTitle();
      await this.#integrate([snapshot.state], 0);
    }
    await this.#follow(newer);
  }

  /** Own ones are among those of others, and some were committed here while they were read. */
  async #follow(updates: readonly NumberedUpdate[]): Promise<void> {
    const unknown = updates.filter(({ number }) => number > this.applied);
    const last = unknown.at(-1);
    if (last === undefined) {
      return;
    }
    const hops = unknown.filter(({ isOwn }) => !isOwn);
    this.#services.metrics.hops.inc(hops.length);
    const lacking = unknown.filter(({ number }) => !this.#sequence.has(number));
    this.#sequence.advanceTo(last.number);
    this.validator.invalidateTitle();
    await this.#integrate(lacking.map(({ update }) => update));
  }

  /** @param bytes how much of it no snapshot has */
  async #integrate(updates: readonly Uint8Array[], bytes?: number): Promise<void> {
    const isMuch = updates.length > MAX_SHOWN || bytes === 0;
    const before = isMuch ? this.content.vector() : undefined;
    await this.content.integrate(updates, (error) => this.#failed(error));
    const shown = before === undefined ? updates : [await this.content.encode(await before)];
    for (const update of shown) {
      this.subscribers.forEach((editor) => editor.send(update));
    }
    updates.forEach(({ byteLength }) => this.#maintenance.updateAdded(bytes ?? byteLength));
  }

  #failed(error: unknown): void {
    // It was tried where it came from, so this is for us to look into; the others go on.
    this.#maintenance.stop();
    this.#services.log.error({ document: this.id, err: error }, "cannot apply an update");
    if (error instanceof TooCostlyError) {
      // What is missing now, who opens it anew gets.
      this.#dismissAll();
      throw error;
    }
  }

  /** The document was renewed. What is here is not what others read, so that all have to open it again. */
  #end(): void {
    this.#isRenewed = true;
    this.#maintenance.stop();
    this.#dismissAll();
  }

  #dismissAll(): void {
    const refusal = new CloseError("unavailable", "the document has to be opened again");
    this.subscribers.forEach((editor) => editor.close(refusal));
  }
}
