import { setTimeout as sleep } from "node:timers/promises";
import type { Document, Hocuspocus, LocalTransactionOrigin } from "@hocuspocus/server";
import * as Y from "yjs";
import type { DocumentLimits } from "./limits.ts";
import { Rehearsal } from "./rehearsal.ts";
import type { DocumentStore, NumberedUpdate, StoredDocument } from "./store.ts";
import { Upkeep, type UpkeepServices } from "./upkeep.ts";
import type { UpdateWriter } from "./writer.ts";

/** Time until the next try to read what other replicas saved, in milliseconds. */
const RETRY_MS = 300;

/** What is in PostgreSQL comes into the document by this: there is nothing left to store. */
const FROM_DATABASE: LocalTransactionOrigin = { source: "local", skipStoreHooks: true };

/** What the rooms of a replica share. */
export interface RoomServices extends UpkeepServices {
  hocuspocus: Hocuspocus;
  store: DocumentStore;
  writer: UpdateWriter;
  limits: DocumentLimits;
}

/** A document in memory. It has what is committed, and gets it in the order in which it was committed. */
export class Room {
  readonly id: string;
  readonly document: Document;
  /** The editors that are here. */
  readonly editors = new Set<object>();
  /** Which of them speaks for a client in what people tell of themselves. */
  readonly clients = new Map<number, object>();
  readonly #services: RoomServices;
  readonly #upkeep: Upkeep;
  readonly #release: () => Promise<void>;

  /** Number up to which the document has every update. */
  #applied = 0;
  /** Numbers beyond, of updates that were saved here; in between are those that were saved elsewhere. */
  readonly #ahead = new Set<number>();
  /** Highest number of which another replica has told. */
  #heard = 0;
  #catchingUp: Promise<void> | undefined;
  #isClosed = false;

  /** What was tried and is being saved, in this order. */
  readonly #waiting = new Set<Uint8Array>();
  #rehearsal: Rehearsal | undefined;

  private constructor(
    id: string,
    document: Document,
    services: RoomServices,
    release: () => Promise<void>,
  ) {
    this.id = id;
    this.document = document;
    this.#services = services;
    const { maxDocumentBytes } = services.limits;
    const applied = (): number => this.#applied;
    this.#upkeep = new Upkeep(id, document, applied, maxDocumentBytes, services);
    this.#release = release;
  }

  /** Loads a document; undefined where there is none. */
  static async open(id: string, services: RoomServices): Promise<Room | undefined> {
    const stored = await services.store.read(id);
    if (stored === undefined) {
      return undefined;
    }
    const direct = await services.hocuspocus.openDirectConnection(id);
    if (direct.document === null) {
      throw new Error("the document was closed while it was opened");
    }
    const release = (): Promise<void> => direct.disconnect();
    const room = new Room(id, direct.document, services, release);
    room.#load(stored);
    return room;
  }

  /**
   * Tries an update on a copy.
   *
   * @returns false when it needs what is not there yet
   * @throws Refusal when it would do harm
   */
  try(update: Uint8Array): boolean {
    try {
      this.#rehearsal ??= this.#newRehearsal();
      return this.#rehearsal.try(update);
    } catch (error) {
      this.#rehearsal = undefined;
      throw error;
    }
  }

  /** Whether an update says nothing that is not saved already. */
  knows(update: Uint8Array): boolean {
    return Y.snapshotContainsUpdate(Y.snapshot(this.document), update);
  }

  /**
   * Saves an update that was tried, and only then gives it to all who are here.
   *
   * @throws Refusal when it cannot be saved now
   */
  async save(update: Uint8Array): Promise<void> {
    this.#waiting.add(update);
    try {
      const title = this.#rehearsal?.takeTitle();
      const number = await this.#services.writer.save({ documentId: this.id, update, title });
      this.#waiting.delete(update);
      this.#committed(number, update);
    } catch (error) {
      this.#waiting.delete(update);
      this.#rehearsal = undefined;
      throw error;
    }
  }

  /** Hears that there are updates up to this number. */
  hear(number: number): void {
    this.#heard = Math.max(this.#heard, number);
    this.#catchUp();
  }

  /** Resolves when it is out of memory. To be called when nobody is here and nothing is being saved any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#catchingUp;
    await this.#upkeep.finish();
    await this.#release();
  }

  #load({ snapshot, updates }: StoredDocument): void {
    this.document.transact(() => {
      if (snapshot !== undefined) {
        this.#applySnapshot(snapshot.number, snapshot.state);
      }
      updates.forEach((each) => this.#applyNext(each));
    }, FROM_DATABASE);
    this.#services.metrics.read.inc(updates.length);
    this.#upkeep.opened(updates.length);
  }

  #newRehearsal(): Rehearsal {
    const rehearsal = new Rehearsal(this.document, this.#services.limits.maxDocumentBytes);
    this.#waiting.forEach((update) => rehearsal.follow(update));
    return rehearsal;
  }

  #committed(number: number, update: Uint8Array): void {
    if (number > this.#applied) {
      this.#apply(update);
      this.#ahead.add(number);
      while (this.#ahead.delete(this.#applied + 1)) {
        this.#applied += 1;
      }
      this.#catchUp();
    }
    this.#upkeep.saved(number);
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
    return !this.#isClosed && (this.#heard > this.#applied || this.#ahead.size > 0);
  }

  async #readUntilComplete(): Promise<void> {
    while (this.#lacks()) {
      const before = this.#applied;
      try {
        await this.#readNew();
      } catch (error) {
        const reason = String(error);
        this.#services.log.warn({ document: this.id, reason }, "cannot read what is new yet");
      }
      if (this.#applied === before) {
        await sleep(RETRY_MS);
      }
    }
  }

  async #readNew(): Promise<void> {
    const { store } = this.#services;
    const after = this.#applied;
    const updates = await store.readAfter(this.id, after);
    if (updates[0]?.number === after + 1) {
      this.#follow(updates);
      return;
    }
    // A snapshot has taken their place meanwhile.
    const stored = await store.read(this.id);
    if (stored?.snapshot !== undefined && stored.snapshot.number > this.#applied) {
      this.#services.metrics.hops.inc(stored.snapshot.number - this.#applied);
      this.#applySnapshot(stored.snapshot.number, stored.snapshot.state);
    }
    this.#follow(stored?.updates ?? []);
  }

  /** Own ones are among those of others, and some were committed here while they were read. */
  #follow(updates: readonly NumberedUpdate[]): void {
    for (const each of updates) {
      if (each.number > this.#applied) {
        this.#services.metrics.hops.inc(each.isOwn ? 0 : 1);
        this.#applyNext(each);
      }
    }
  }

  #applySnapshot(number: number, state: Uint8Array): void {
    this.#apply(state, 0);
    this.#applied = number;
    this.#ahead.forEach((each) => each <= number && this.#ahead.delete(each));
  }

  #applyNext({ number, update }: NumberedUpdate): void {
    if (!this.#ahead.delete(number)) {
      this.#apply(update);
    }
    this.#applied = number;
  }

  /** @param bytes how much of it no snapshot has */
  #apply(update: Uint8Array, bytes = update.byteLength): void {
    try {
      Y.applyUpdate(this.document, update, FROM_DATABASE);
    } catch (error) {
      // It was tried where it came from, so this is for us to look into; the others go on.
      this.#upkeep.stop();
      this.#services.log.error({ document: this.id, err: error }, "cannot apply an update");
    }
    try {
      this.#rehearsal?.follow(update);
    } catch {
      this.#rehearsal = undefined;
    }
    this.#upkeep.grown(bytes);
  }
}
