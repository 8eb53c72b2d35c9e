import { sql, type Kysely } from "kysely";
import { applyAwarenessUpdate, removeAwarenessStates } from "y-protocols/awareness";
import type { Logger } from "../../contract/log.ts";
import { encodeStates } from "../protocol/awareness.ts";
import type { DocumentTables } from "../storage/migrations.ts";
import type { Room } from "./room.ts";
import type { RoomRegistry } from "./roomRegistry.ts";

/** Channel on which replicas announce changes of presence: the replica and the document. */
export const PRESENCE_CHANNEL = "document_presence";

/** Time for which changes are collected before they are exchanged, in milliseconds. */
const COLLECT_MS = 50;

/** Time between two heartbeats of a replica, in milliseconds. */
const HEARTBEAT_MS = 2000;

/** Time of the last heartbeat before which a replica and its editors count as gone. */
const GONE = sql<Date>`now() - interval '7 seconds'`;

/** Origin of changes that other replicas have announced, which are not announced again. */
const FROM_OTHER_REPLICA = { source: "elsewhere" };

interface Client {
  documentId: string;
  clientId: number;
}

interface Row {
  document_id: string;
  client_id: string;
  clock: string;
  state: string;
}

/**
 * Shares across replicas who is in a document, and where. Each replica writes to PostgreSQL what its own editors send,
 * and reads what the others have written.
 */
export class Presence {
  readonly #db: Kysely<DocumentTables>;
  readonly #replicaId: string;
  readonly #rooms: RoomRegistry;
  readonly #log: Logger;
  /** Clients whose row is to be written, and documents whose rows are to be read. */
  readonly #toWrite = new Map<string, Client>();
  readonly #toRead = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #isClosed = false;
  #running = Promise.resolve();

  constructor(db: Kysely<DocumentTables>, replicaId: string, rooms: RoomRegistry, log: Logger) {
    this.#db = db;
    this.#replicaId = replicaId;
    this.#rooms = rooms;
    this.#log = log;
  }

  /** Starts the heartbeat, unless this is closed already. */
  start(): void {
    if (this.#isClosed) {
      return;
    }
    this.#heartbeat ??= setInterval(() => this.#do(() => this.#beat()), HEARTBEAT_MS);
    this.#do(() => this.#beat());
  }

  /** Shares the presence in a room. */
  watch({ id, document: { awareness } }: Room): void {
    this.scheduleRead(id);
    awareness.on("update", (changes: Record<string, number[]>, origin: unknown) => {
      if (origin !== FROM_OTHER_REPLICA) {
        Object.values(changes)
          .flat()
          .forEach((clientId) => this.scheduleWrite({ documentId: id, clientId }));
      }
    });
  }

  /** Schedules to write the presence of a client that has joined, moved or left here. */
  scheduleWrite(client: Client): void {
    this.#toWrite.set(keyOf(client), client);
    this.#schedule();
  }

  /** Schedules to read a document's presence, which another replica has changed. */
  scheduleRead(documentId: string): void {
    this.#toRead.add(documentId);
    this.#schedule();
  }

  /** Schedules to read all documents' presence, after a time without notifications. */
  scheduleReadAll(): void {
    [...this.#rooms.all()].forEach(({ id }) => this.scheduleRead(id));
  }

  /** Resolves when the presence of this replica's editors is removed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    if (this.#heartbeat !== undefined) {
      clearInterval(this.#heartbeat);
      this.#do(async () => {
        await this.#db.deleteFrom("document_replica").where("id", "=", this.#replicaId).execute();
        await this.#removeStale();
      });
    }
    await this.#running;
  }

  #schedule(): void {
    if (this.#isClosed) {
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#do(() => this.#exchange());
    }, COLLECT_MS);
  }

  /** Runs work one after the other, as an older state might overwrite a newer one otherwise. */
  #do(work: () => Promise<void>): void {
    this.#running = this.#running.then(work).catch((error: unknown) => {
      this.#log.warn({ reason: String(error) }, "cannot exchange presence now");
    });
  }

  async #exchange(): Promise<void> {
    const changed = [...this.#toWrite.values()];
    const read = [...this.#toRead].filter((id) => this.#rooms.get(id) !== undefined);
    this.#toWrite.clear();
    this.#toRead.clear();
    try {
      await this.#write(changed);
      await this.#read(read);
    } catch (error) {
      changed.forEach((client) => this.#toWrite.set(keyOf(client), client));
      read.forEach((id) => this.#toRead.add(id));
      throw error;
    }
  }

  async #write(clients: readonly Client[]): Promise<void> {
    const rows = clients.map((client) => ({ client, row: this.#rowOf(client) }));
    const present = rows.flatMap(({ row }) => row ?? []);
    const gone = rows.flatMap(({ client, row }) => (row === undefined ? [client] : []));
    if (present.length > 0) {
      await sql`
        insert into document_presence (replica_id, document_id, client_id, clock, state)
        select ${this.#replicaId}, * from unnest(
          ${present.map((row) => row.document_id)}::uuid[],
          ${present.map((row) => row.client_id)}::bigint[],
          ${present.map((row) => row.clock)}::bigint[],
          ${present.map((row) => row.state)}::text[]
        )
        on conflict (document_id, client_id) do update set
          replica_id = excluded.replica_id, clock = excluded.clock, state = excluded.state
      `.execute(this.#db);
    }
    if (gone.length > 0) {
      await sql`
        delete from document_presence as presence using unnest(
          ${gone.map(({ documentId }) => documentId)}::uuid[],
          ${gone.map(({ clientId }) => clientId)}::bigint[]
        ) as gone (document_id, client_id)
        where presence.document_id = gone.document_id and presence.client_id = gone.client_id
          and replica_id = ${this.#replicaId}
      `.execute(this.#db);
    }
    await this.#notify(clients.map(({ documentId }) => documentId));
  }

  /** The row of a client on this replica; undefined if it has left, or is on another replica. */
  #rowOf({ documentId, clientId }: Client): Row | undefined {
    const room = this.#rooms.get(documentId);
    const state = room?.document.awareness.states.get(clientId);
    const clock = room?.document.awareness.meta.get(clientId)?.clock;
    if (room?.clients.has(clientId) !== true || state === undefined || clock === undefined) {
      return undefined;
    }
    return {
      document_id: documentId,
      client_id: String(clientId),
      clock: String(clock),
      state: JSON.stringify(state),
    };
  }

  async #read(documentIds: readonly string[]): Promise<void> {
    if (documentIds.length === 0) {
      return;
    }
    const rows: Row[] = await this.#db
      .selectFrom("document_presence")
      .select(["document_id", "client_id", "clock", "state"])
      .where("document_id", "in", [...documentIds])
      .where("replica_id", "!=", this.#replicaId)
      .execute();
    for (const id of documentIds) {
      const room = this.#rooms.get(id);
      if (room !== undefined) {
        showOthers(
          room,
          rows.filter((row) => row.document_id === id),
        );
      }
    }
  }

  async #notify(documentIds: readonly string[]): Promise<void> {
    const ids = [...new Set(documentIds)];
    if (ids.length > 0) {
      await sql`
        select pg_notify(${PRESENCE_CHANNEL}, concat_ws(' ', ${this.#replicaId}::text, id))
        from unnest(${ids}::uuid[]) as id`.execute(this.#db);
    }
  }

  /** Writes a heartbeat. Where that is the first one, or the tables were emptied, writes everything else, too. */
  async #beat(): Promise<void> {
    const { rows } = await sql<{ is_new: boolean }>`
      insert into document_replica (id) values (${this.#replicaId})
      on conflict (id) do update set seen_at = now()
      returning xmax = 0 as is_new`.execute(this.#db);
    if (rows[0]?.is_new === true) {
      const rooms = [...this.#rooms.all()];
      await sql`
        insert into document_room (document_id, replica_id)
        select id, ${this.#replicaId} from unnest(${rooms.map(({ id }) => id)}::uuid[]) as id
        on conflict do nothing`.execute(this.#db);
      for (const { id, clients } of rooms) {
        clients.forEach((_editor, clientId) => this.scheduleWrite({ documentId: id, clientId }));
      }
    }
    await this.#removeStale();
    // Retries what could not be exchanged before.
    await this.#exchange();
  }

  /** Removes the rows of replicas that have stopped, or sent no heartbeat. */
  async #removeStale(): Promise<void> {
    await this.#db.deleteFrom("document_replica").where("seen_at", "<", GONE).execute();
    const replicas = this.#db.selectFrom("document_replica").select("id");
    const removed = await this.#db
      .deleteFrom("document_presence")
      .where("replica_id", "not in", replicas)
      .returning("document_id")
      .execute();
    await this.#db.deleteFrom("document_room").where("replica_id", "not in", replicas).execute();
    const ids = removed.map((row) => row.document_id);
    ids.forEach((id) => this.scheduleRead(id));
    await this.#notify(ids);
  }
}

function keyOf({ documentId, clientId }: Client): string {
  return `${documentId} ${clientId}`;
}

/** Shows a room's editors the clients on other replicas, and removes those that have left. */
function showOthers({ clients, document: { awareness } }: Room, rows: readonly Row[]): void {
  const others = rows
    .map((row) => ({ clientId: Number(row.client_id), clock: Number(row.clock), state: row.state }))
    .filter(({ clientId }) => !clients.has(clientId));
  const known = new Set(others.map(({ clientId }) => clientId));
  const gone = [...awareness.states.keys()].filter((id) => !clients.has(id) && !known.has(id));
  applyAwarenessUpdate(awareness, encodeStates(others), FROM_OTHER_REPLICA);
  removeAwarenessStates(awareness, gone, FROM_OTHER_REPLICA);
}
