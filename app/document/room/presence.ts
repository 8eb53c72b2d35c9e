import { sql, type Kysely } from "kysely";
import { applyAwarenessUpdate, removeAwarenessStates } from "y-protocols/awareness";
import type { Logger } from "../../contract/log.ts";
import { encodeStates } from "../protocol/awareness.ts";
import type { DocumentTables } from "../storage/migrations.ts";
import type { Room } from "./room.ts";
import type { RoomRegistry } from "./roomRegistry.ts";

/** The channel by which replicas tell each other of people who come, go and move: who tells, and the document. */
export const PRESENCE_CHANNEL = "document_presence";

/** For so long moves are gathered, in milliseconds. */
const GATHER_MS = 50;

/** How often a replica says that it lives, in milliseconds. */
const ALIVE_MS = 2000;

/** Silence after which a replica and those who were on it count as gone. */
const GONE = sql<Date>`now() - interval '7 seconds'`;

/** What comes from other replicas comes into a document by this, and is told to no further one. */
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
 * Who is in a document and where, across replicas. Each replica keeps in PostgreSQL what it knows first-hand, and reads
 * there what the others know.
 */
export class Presence {
  readonly #db: Kysely<DocumentTables>;
  readonly #replicaId: string;
  readonly #rooms: RoomRegistry;
  readonly #log: Logger;
  /** Clients whose row is to be written, and documents of which rows are to be read. */
  readonly #changed = new Map<string, Client>();
  readonly #heard = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #alive: NodeJS.Timeout | undefined;
  #isClosed = false;
  #running = Promise.resolve();

  constructor(db: Kysely<DocumentTables>, replicaId: string, rooms: RoomRegistry, log: Logger) {
    this.#db = db;
    this.#replicaId = replicaId;
    this.#rooms = rooms;
    this.#log = log;
  }

  /** Begins to say that this replica lives; nothing once it is closed. */
  start(): void {
    if (this.#isClosed) {
      return;
    }
    this.#alive ??= setInterval(() => this.#do(() => this.#sayAlive()), ALIVE_MS);
    this.#do(() => this.#sayAlive());
  }

  /** Follows who is in a room. */
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

  /** A client has come, moved or gone here. */
  scheduleWrite(client: Client): void {
    this.#changed.set(keyOf(client), client);
    this.#soon();
  }

  /** Another replica has told that there is something new about a document. */
  scheduleRead(documentId: string): void {
    this.#heard.add(documentId);
    this.#soon();
  }

  /** Looks what has changed while nothing was heard. */
  readAll(): void {
    [...this.#rooms.all()].forEach(({ id }) => this.scheduleRead(id));
  }

  /** Resolves when the others know that nobody is here any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    if (this.#alive !== undefined) {
      clearInterval(this.#alive);
      this.#do(async () => {
        await this.#db.deleteFrom("document_replica").where("id", "=", this.#replicaId).execute();
        await this.#removeLost();
      });
    }
    await this.#running;
  }

  #soon(): void {
    if (this.#isClosed) {
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#do(() => this.#exchange());
    }, GATHER_MS);
  }

  /** One after the other, or an older state might overwrite a newer one. */
  #do(work: () => Promise<void>): void {
    this.#running = this.#running.then(work).catch((error: unknown) => {
      this.#log.warn({ reason: String(error) }, "cannot exchange presence now");
    });
  }

  async #exchange(): Promise<void> {
    const changed = [...this.#changed.values()];
    const heard = [...this.#heard].filter((id) => this.#rooms.get(id) !== undefined);
    this.#changed.clear();
    this.#heard.clear();
    try {
      await this.#write(changed);
      await this.#read(heard);
    } catch (error) {
      changed.forEach((client) => this.#changed.set(keyOf(client), client));
      heard.forEach((id) => this.#heard.add(id));
      throw error;
    }
  }

  async #write(clients: readonly Client[]): Promise<void> {
    const rows = clients.map((client) => ({ client, row: this.#rowOf(client) }));
    const there = rows.flatMap(({ row }) => row ?? []);
    const gone = rows.flatMap(({ client, row }) => (row === undefined ? [client] : []));
    if (there.length > 0) {
      await sql`
        insert into document_presence (replica_id, document_id, client_id, clock, state)
        select ${this.#replicaId}, * from unnest(
          ${there.map((row) => row.document_id)}::uuid[],
          ${there.map((row) => row.client_id)}::bigint[],
          ${there.map((row) => row.clock)}::bigint[],
          ${there.map((row) => row.state)}::text[]
        )
        on conflict (document_id, client_id) do update set
          replica_id = excluded.replica_id, clock = excluded.clock, state = excluded.state
      `.execute(this.#db);
    }
    if (gone.length > 0) {
      await sql`
        delete from document_presence as there using unnest(
          ${gone.map(({ documentId }) => documentId)}::uuid[],
          ${gone.map(({ clientId }) => clientId)}::bigint[]
        ) as gone (document_id, client_id)
        where there.document_id = gone.document_id and there.client_id = gone.client_id
          and replica_id = ${this.#replicaId}
      `.execute(this.#db);
    }
    await this.#tell(clients.map(({ documentId }) => documentId));
  }

  /** What is known of a client first-hand; undefined where it is gone, or on another replica. */
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

  async #tell(documentIds: readonly string[]): Promise<void> {
    const ids = [...new Set(documentIds)];
    if (ids.length > 0) {
      await sql`
        select pg_notify(${PRESENCE_CHANNEL}, concat_ws(' ', ${this.#replicaId}::text, id))
        from unnest(${ids}::uuid[]) as id`.execute(this.#db);
    }
  }

  /** Says that this replica lives; where that comes as news, the others know nothing of what is here. */
  async #sayAlive(): Promise<void> {
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
    await this.#removeLost();
    // What could not be exchanged before.
    await this.#exchange();
  }

  /** Removes who and what was on replicas that are silent, and on those that have left. */
  async #removeLost(): Promise<void> {
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
    await this.#tell(ids);
  }
}

function keyOf({ documentId, clientId }: Client): string {
  return `${documentId} ${clientId}`;
}

/** Lets those who are here see those who are elsewhere, and nobody who was. */
function showOthers({ clients, document: { awareness } }: Room, rows: readonly Row[]): void {
  const others = rows
    .map((row) => ({ clientId: Number(row.client_id), clock: Number(row.clock), state: row.state }))
    .filter(({ clientId }) => !clients.has(clientId));
  const known = new Set(others.map(({ clientId }) => clientId));
  const gone = [...awareness.states.keys()].filter((id) => !clients.has(id) && !known.has(id));
  applyAwarenessUpdate(awareness, encodeStates(others), FROM_OTHER_REPLICA);
  removeAwarenessStates(awareness, gone, FROM_OTHER_REPLICA);
}
