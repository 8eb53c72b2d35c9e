import { sql, type Kysely } from "kysely";
import type { DocumentTables } from "./migrations.ts";

/** Channel on which replicas announce updates: the replica, the document and the number of its last update. */
export const UPDATE_CHANNEL = "document_update";

/** Most compacted updates that are deleted in a transaction, so that none is long. */
const DELETED_AT_ONCE = 1000;

/** An update with its number; a document's first update has number 1. */
export interface NumberedUpdate {
  number: number;
  update: Uint8Array;
  /** Whether this replica saved it. */
  isOwn: boolean;
}

/** The state of a document with the number of the last update in it. */
export interface NumberedState {
  number: number;
  state: Uint8Array;
}

/** A document in PostgreSQL. */
export interface StoredDocument {
  /** State up to an update; undefined while there are few updates. */
  snapshot: NumberedState | undefined;
  /** Updates that the snapshot lacks, in order. */
  updates: NumberedUpdate[];
  /** State vector before the last renewal; undefined if there was none, or it is not recorded. */
  past?: Uint8Array | undefined;
}

/** The new state of a renewed document, and the state vector of its old state. */
export interface RenewedState extends NumberedState {
  past: Uint8Array;
}

/** The snapshot and updates of a stored document, and the number of the last of them. */
export function partsOf({ snapshot, updates }: StoredDocument): {
  number: number;
  updates: Uint8Array[];
} {
  return {
    number: updates.at(-1)?.number ?? snapshot?.number ?? 0,
    updates: [...(snapshot ? [snapshot.state] : []), ...updates.map(({ update }) => update)],
  };
}

/** An update to be saved. */
export interface NewUpdate {
  documentId: string;
  update: Uint8Array;
  /** The document's title with this update; undefined if it does not change. */
  title?: string | undefined;
  /** Number of the last update in the document when this one was accepted. */
  basis: number;
}

/** The updates and snapshots of documents in PostgreSQL. */
export class UpdateStore {
  readonly #db: Kysely<DocumentTables>;
  readonly #replicaId: string;

  constructor(db: Kysely<DocumentTables>, replicaId: string) {
    this.#db = db;
    this.#replicaId = replicaId;
  }

  /**
   * Registers that this replica has a document open, and reads it. Waits for a renewal that has begun; a later one sees
   * that the document is open.
   *
   * @returns undefined if there is no such document
   */
  async open(id: string): Promise<StoredDocument | undefined> {
    // A transaction of its own, so that the lock is released before the document is read.
    await sql`
      insert into document_room (document_id, replica_id)
      select id, ${this.#replicaId} from document where id = ${id} for key share
      on conflict do nothing`.execute(this.#db);
    return this.read(id);
  }

  /** Removes the registration of `open`. */
  async close(id: string): Promise<void> {
    await this.#db
      .deleteFrom("document_room")
      .where("document_id", "=", id)
      .where("replica_id", "=", this.#replicaId)
      .execute();
  }

  /** Reads a document; undefined if there is no such document. */
  async read(id: string): Promise<StoredDocument | undefined> {
    const document = await this.#db
      .selectFrom("document")
      .select("id")
      .where("id", "=", id)
      .executeTakeFirst();
    if (document === undefined) {
      return undefined;
    }
    // One statement, as another replica may write a snapshot meanwhile, which deletes updates.
    const { rows } = await sql<UpdateRow & { is_snapshot: boolean; past: Buffer | null }>`
      with snapshot as (select number, state, past from document_snapshot where document_id = ${id})
      select number, state as update, null as replica_id, true as is_snapshot, past from snapshot
      union all
      select number, update, replica_id, false, null from document_update
        where document_id = ${id} and number > coalesce((select number from snapshot), 0)
      order by number`.execute(this.#db);
    const snapshot = rows.find((row) => row.is_snapshot);
    return {
      snapshot: snapshot && { number: Number(snapshot.number), state: snapshot.update },
      updates: rows.filter((row) => !row.is_snapshot).map((row) => this.#updateOf(row)),
      past: snapshot?.past ?? undefined,
    };
  }

  /** Reads the updates after a number; those that a snapshot has replaced are missing. */
  async readAfter(id: string, number: number): Promise<NumberedUpdate[]> {
    const rows = await this.#db
      .selectFrom("document_update")
      .select(["number", "update", "replica_id"])
      .where("document_id", "=", id)
      .where("number", ">", String(number))
      .orderBy("number")
      .execute();
    return rows.map((row) => this.#updateOf(row));
  }

  /** Numbers of the last updates, by document. */
  async lastUpdates(ids: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.#db
      .selectFrom("document")
      .select(["id", "last_update"])
      .where("id", "in", [...ids])
      .execute();
    return new Map(rows.map(({ id, last_update }) => [id, Number(last_update)]));
  }

  /**
   * Saves updates of any documents with their titles in one transaction, and notifies the other replicas.
   *
   * A document's updates are numbered without gaps by a counter in its row. The row is locked until the commit, so
   * updates become visible in the order of their numbers, which a sequence does not guarantee. A replica that sees
   * number 7 can therefore read all numbers before it, and a 9 shows that the 8 is missing.
   *
   * @returns their numbers; undefined for a document that does not exist, or was renewed after the update was accepted
   */
  save(batch: readonly NewUpdate[]): Promise<(number | undefined)[]> {
    const ids = batch.map(({ documentId }) => documentId);
    const updates = batch.map(({ update }) => Buffer.from(update));
    const titles = batch.map(({ title }) => title ?? null);
    const bases = batch.map(({ basis }) => basis);
    return this.#db.transaction().execute(async (transaction) => {
      // Locked in a fixed order, as two replicas could deadlock otherwise.
      await sql`
        select from document where id = any(${ids}::uuid[]) order by id for no key update`.execute(
        transaction,
      );
      const { rows } = await sql<{ id: string; before: string }>`
        with incoming as (
          select * from unnest(
            ${ids}::uuid[], ${updates}::bytea[], ${titles}::text[], ${bases}::bigint[]
          ) with ordinality as each (document_id, update, title, basis, place)
        ), sums as (
          select document_id, count(*) as added, min(basis) as basis,
            (array_agg(title order by place desc) filter (where title is not null))[1] as last_title
          from incoming group by document_id
        ), counted as (
          update document set last_update = last_update + added, updated_at = now(),
            title = coalesce(last_title, title)
          from sums
          where id = document_id and renewed <= basis
          returning id, last_update - added as before, last_update
        ), saved as (
          insert into document_update (document_id, number, update, replica_id)
          select id, before + row_number() over (partition by id order by place), update,
            ${this.#replicaId}
          from incoming join counted on id = document_id
        )
        select id, before,
          pg_notify(${UPDATE_CHANNEL}, concat_ws(' ', ${this.#replicaId}::text, id, last_update))
        from counted`.execute(transaction);
      const last = new Map(rows.map(({ id, before }) => [id, Number(before)]));
      return ids.map((id) => {
        const before = last.get(id);
        if (before !== undefined) {
          last.set(id, before + 1);
        }
        return before === undefined ? undefined : before + 1;
      });
    });
  }

  /**
   * Replaces updates by a snapshot.
   *
   * @returns false when there is a snapshot of the same or of more updates already
   */
  async compact(id: string, { number, state }: NumberedState): Promise<boolean> {
    const values = { number: String(number), state: Buffer.from(state) };
    const written = await this.#db
      .insertInto("document_snapshot")
      .values({ document_id: id, ...values })
      .onConflict((conflict) =>
        conflict
          .column("document_id")
          .doUpdateSet(values)
          .where("document_snapshot.number", "<", values.number),
      )
      .returning("number")
      .executeTakeFirst();
    if (written === undefined) {
      return false;
    }
    await this.#deleteCompacted(id);
    return true;
  }

  /**
   * Replaces the state of a document, unless it has other updates than the old state. The new state counts as the next
   * update.
   *
   * Text that is inserted between items of the old state afterwards is lost in the new state, and still shown by
   * replicas with the old one. So a document is renewed only while no replica has it open. A replica that counts as
   * gone may still have it open; `save` rejects the updates that it accepts on the old state.
   *
   * @param isUsed whether replicas may have it open
   * @returns whether the state was replaced
   */
  renew(id: string, { number, state, past }: RenewedState, isUsed: boolean): Promise<boolean> {
    return this.#db.transaction().execute(async (transaction) => {
      // A statement of its own: the next one then sees all replicas that opened the document before.
      await sql`select from document where id = ${id} for update`.execute(transaction);
      const { rows } = await sql<{ last_update: string }>`
        update document set last_update = last_update + 1, renewed = last_update + 1
        where id = ${id} and last_update = ${number} and (
          ${isUsed} or not exists (select from document_room where document_id = ${id})
        )
        returning last_update,
          pg_notify(${UPDATE_CHANNEL}, concat_ws(' ', ${this.#replicaId}::text, id, last_update))
      `.execute(transaction);
      const [next] = rows.map(({ last_update }) => last_update);
      if (next === undefined) {
        return false;
      }
      await sql`
        insert into document_snapshot (document_id, number, state, past)
        values (${id}, ${next}, ${Buffer.from(state)}, ${Buffer.from(past)})
        on conflict (document_id) do update
          set number = excluded.number, state = excluded.state, past = excluded.past
      `.execute(transaction);
      await transaction.deleteFrom("document_update").where("document_id", "=", id).execute();
      return true;
    });
  }

  async #deleteCompacted(id: string): Promise<void> {
    for (let deleted = DELETED_AT_ONCE; deleted === DELETED_AT_ONCE;) {
      const compacted = sql<string>`(
        select number from document_update
        where document_id = ${id} and number <= (
          select number from document_snapshot where document_id = ${id}
        )
        order by number limit ${DELETED_AT_ONCE}
      )`;
      const { numDeletedRows } = await this.#db
        .deleteFrom("document_update")
        .where("document_id", "=", id)
        .where("number", "in", compacted)
        .executeTakeFirst();
      deleted = Number(numDeletedRows);
    }
  }

  #updateOf({ number, update, replica_id: replicaId }: UpdateRow): NumberedUpdate {
    return { number: Number(number), update, isOwn: replicaId === this.#replicaId };
  }
}

interface UpdateRow {
  number: string;
  update: Buffer;
  replica_id: string | null;
}
