import { TooCostlyError } from "../content/integration.ts";
import { Room, type RoomServices } from "./room.ts";
import { renewableUpTo } from "./renewer.ts";

/** A room that is entered: it stays until all have left who have entered. */
interface Entry {
  opened: Promise<Room | undefined>;
  holders: number;
  /** Highest number that was heard of while it was opened. */
  heard: number;
}

/** The documents in the memory of a replica. */
export class RoomRegistry {
  readonly #services: RoomServices;
  readonly #entries = new Map<string, Entry>();
  readonly #open = new Map<string, Room>();
  readonly #closing = new Map<string, Promise<void>>();
  readonly #onOpened: (room: Room) => void;

  /** @param onOpened called with each document that was loaded */
  constructor(services: RoomServices, onOpened: (room: Room) => void = () => undefined) {
    this.#services = services;
    this.#onOpened = onOpened;
  }

  get(id: string): Room | undefined {
    return this.#open.get(id);
  }

  all(): IterableIterator<Room> {
    return this.#open.values();
  }

  /**
   * Enters the room of a document, which is loaded for the first one. Who has entered has to leave.
   *
   * @returns undefined where there is no such document, which nobody has to leave
   */
  async acquire(id: string): Promise<Room | undefined> {
    // Its document is not to be taken up again on its way out of memory.
    while (this.#closing.has(id)) {
      await this.#closing.get(id);
    }
    const entry = this.#entries.get(id) ?? this.#newEntry(id);
    entry.holders += 1;
    try {
      const room = await entry.opened;
      if (room === undefined) {
        this.release(id);
      }
      return room;
    } catch (error) {
      this.release(id);
      throw error;
    }
  }

  release(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) {
      return;
    }
    entry.holders -= 1;
    if (entry.holders === 0) {
      const room = this.#open.get(id);
      this.#entries.delete(id);
      this.#open.delete(id);
      if (room !== undefined) {
        this.#closing.set(id, this.#close(room));
      }
    }
  }

  /** Hears that a document has updates up to this number. */
  catchUpTo(id: string, number: number): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) {
      entry.heard = Math.max(entry.heard, number);
      this.#open.get(id)?.catchUpTo(number);
    }
  }

  /** Asks what other replicas have saved while nothing was heard of them. */
  async catchUp(): Promise<void> {
    const ids = [...this.#entries.keys()];
    if (ids.length > 0) {
      const numbers = await this.#services.store.lastUpdates(ids);
      numbers.forEach((number, id) => this.catchUpTo(id, number));
    }
  }

  /** Resolves when those rooms are out of memory that all have left. */
  async closed(): Promise<void> {
    await Promise.all(this.#closing.values());
  }

  async #close(room: Room): Promise<void> {
    const { renewer, limits, log } = this.#services;
    try {
      await room.close();
      const most = room.isRenewed ? undefined : renewableUpTo(room.content, limits);
      if (most !== undefined) {
        await renewer.renew(room.id, most);
      }
    } catch (error) {
      log.error({ document: room.id, err: error }, "cannot close a document");
    } finally {
      this.#closing.delete(room.id);
    }
  }

  #newEntry(id: string): Entry {
    const entry: Entry = { opened: this.#load(id), holders: 0, heard: 0 };
    this.#entries.set(id, entry);
    return entry;
  }

  /** Opens a document; one that is too slow to be opened is renewed before. */
  async #openFast(id: string): Promise<Room | undefined> {
    try {
      return await Room.open(id, this.#services);
    } catch (error) {
      if (!(error instanceof TooCostlyError)) {
        throw error;
      }
      await this.#services.renewer.renew(id);
      return Room.open(id, this.#services);
    }
  }

  async #load(id: string): Promise<Room | undefined> {
    const end = this.#services.metrics.open.startTimer();
    const room = await this.#openFast(id);
    if (room !== undefined) {
      end();
      this.#open.set(id, room);
      this.#onOpened(room);
      room.catchUpTo(this.#entries.get(id)?.heard ?? 0);
    }
    return room;
  }
}
