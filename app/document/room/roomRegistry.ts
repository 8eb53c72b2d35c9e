import { UnavailableError } from "../../common/http/problem.ts";
import { TooCostlyError } from "../content/integration.ts";
import { Room, type RoomServices } from "./room.ts";
import { renewableUpTo } from "./renewer.ts";

/** A room that is in use, or being opened: it stays until each holder has released it. */
interface Entry {
  opened: Promise<Room | undefined>;
  holders: number;
  /** Highest update number that was announced while it was opened. */
  announced: number;
}

/** The rooms of a replica: its documents in memory. */
export class RoomRegistry {
  readonly #services: RoomServices;
  readonly #entries = new Map<string, Entry>();
  readonly #open = new Map<string, Room>();
  readonly #closing = new Map<string, Promise<void>>();
  readonly #onOpened: (room: Room) => void;

  /** @param onOpened called with each room that is opened */
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
   * Returns the room of a document, and opens it for its first holder. Each holder must release it.
   *
   * @returns undefined if there is no such document; there is nothing to release then
   */
  async acquire(id: string): Promise<Room | undefined> {
    // A room that is closing cannot be used again.
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

  /** Gives a room back; the last holder closes it. */
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

  /** Reads a document's updates up to a number, which another replica has announced. */
  catchUpTo(id: string, number: number): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) {
      entry.announced = Math.max(entry.announced, number);
      this.#open.get(id)?.catchUpTo(number);
    }
  }

  /** Reads what other replicas have saved while no notifications were received. */
  async catchUp(): Promise<void> {
    const ids = [...this.#entries.keys()];
    if (ids.length > 0) {
      const numbers = await this.#services.store.lastUpdates(ids);
      numbers.forEach((number, id) => this.catchUpTo(id, number));
    }
  }

  /** Resolves when all released rooms are closed. */
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
      if (error instanceof UnavailableError) {
        log.warn({ document: room.id, reason: error.message }, "cannot close a document cleanly");
      } else {
        log.error({ document: room.id, err: error }, "cannot close a document");
      }
    } finally {
      this.#closing.delete(room.id);
    }
  }

  #newEntry(id: string): Entry {
    const entry: Entry = { opened: this.#load(id), holders: 0, announced: 0 };
    this.#entries.set(id, entry);
    return entry;
  }

  /** Opens a document; one that is too slow to open is renewed first. */
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
      room.catchUpTo(this.#entries.get(id)?.announced ?? 0);
    }
    return room;
  }
}
