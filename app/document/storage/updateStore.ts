import { sql, type Kysely } from "kysely";
import type { DocumentTables } from "./migrations.ts";

/** The channel by which replicas tell each other of updates: who saved, the document and its last update's number. */
export const UPDATE_CHANNEL = "document_update";

/** Compacted updates that are deleted at once, so that no transaction is long. */
const DELETED_AT_ONCE = 1000;

/** An update by its number; a document's first one has 1. */
export interface NumberedUpdate {
  number: number;
  update: Uint8Array;
  /** Whether this replica saved it. */
  isOwn: boolean;
}

/** A document's state with the number of the last update in it. */
export interface NumberedState {
  number: number;
  state: Uint8Array;
}

/** A document as PostgreSQL has it. */
export interface StoredDocument {
  /** State up to an update; none while there are few. */
  snapshot: NumberedState | undefined;
  /** Those that the snapshot lacks, in their order. */
  updates: NumberedUpdate[];
  /** State vector that it had before it was renewed last; none where it was not, or nobody has kept it. */
  past?: Uint8Array | undefined;
}

/** The state that a document has from now on, and the state vector of the one that it had. */
export interface RenewedState extends NumberedState {
  past: Uint8Array;
}

/** All that makes a stored document, with the number of the last update in it. */
export function partsOf({ snapshot, updates }: StoredDocument): {
  number: number;
  updates: Uint8Array[];
} {
  return {
    number: updates.at(-1)?.number ?? snapshot?.number ?? 0,
    updates: [...(snapshot ? [snapshot.state] : []), ...updates.map(({ update }) => update)],
  };
}

/** An update that is to be saved. */
export interface NewUpdate {
  documentId: string;
  update: Uint8Array;
  /** The document's title as of this update; none where that is as before. */
  title?: string | undefined;
  /** Number of the last update that the document had when this one was decided on. */
  basis: number;
}

/** The updates in PostgreSQL. */
export class UpdateStore {
  readonly #db: Kysely<DocumentTables>;
  readonly #replicaId: string;

  constructor(db: Kysely<DocumentTables>, replicaId: string) {
    this.#db = db;
    this.#replicaId = replicaId;
  }

  /**
   * Registers that this replica has a document open, and reads it. Waits for a renewal that has begun; one that begins
   * later finds that the document is open.
   *
   * @returns undefined where there is no such document
   */
  async open(id: string): Promise<StoredDocument | undefined> {
    // By itself, and committed before anything is read: no lock is kept while that takes its time.
    await sql`
      insert into document_room (document_id, replica_id)
      select id, ${this.#replicaId} from document where id = ${id} for key share
      on conflict do nothing`.execute(this.#db);
    return this.read(id);
  }

  /** This replica does not have a document open any more. */
  async close(id: string): Promise<void> {
    await this.#db
      .deleteFrom("document_room")
      .where("document_id", "=", id)
      .where("replica_id", "=", this.#replicaId)
      .execute();
  }

  /** Everything of a document; undefined where there is none. */
  async read(id: string): Promise<StoredDocument | undefined> {
    const document = await this.#db
      .selectFrom("document")
      .select("id")
      .where("id", "=", id)
      .executeTakeFirst();
    if (document === undefined) {
      return undefined;
    }
    // In one statement: a snapshot that another replica writes meanwhile takes updates away.
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

  /** The updates after one, unless a snapshot has taken their place. */
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

  /** Numbers of the last updates, by their documents. */
  async lastUpdates(ids: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.#db
      .selectFrom("document")
      .select(["id", "last_update"])
      .where("id", "in", [...ids])
      .execute();
    return new Map(rows.map(({ id, last_update }) => [id, Number(last_update)]));
  }

  /**
   * Saves updates of any documents with the titles that these have by them, all or none, and tells the other replicas.
   *
   * A document's updates are numbered without a gap, by a counter in its row. The row is locked until the commit, so
   * they become visible in the order of their numbers, which those of a sequence would not: whoever has seen number 7
   * has seen or can read all before it, and knows by a 9 that it lacks the 8.
   *
   * @returns their numbers; undefined for those whose document is gone, or was renewed since they were decided on
   */
  save(batch: readonly NewUpdate[]): Promise<(number | undefined)[]> {
    const ids = batch.map(({ documentId }) => documentId);
    const updates = batch.map(({ update }) => Buffer.from(update));
    const titles = batch.map(({ title }) => title ?? null);
    const bases = batch.map(({ basis }) => basis);
    return this.#db.transaction().execute(async (transaction) => {
      // Always in one order, or two replicas would wait for each other.
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
   * Puts a state in the place of the updates that it has.
   *
   * @returns false when that was done already, with these or with more updates
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
   * Gives a document that has no more updates than this state a new one, which counts as the next update.
   *
   * What is put between the items of the old state afterwards is gone for all who read the new one, and still there for
   * those who had the old one. So it is done only where no replica has the document open, and nothing is saved any more
   * that was decided on by the old state: a replica of which nothing was heard may have it open all the same.
   *
   * @param isUsed whether replicas may have it open
   * @returns whether it has that now
   */
  renew(id: string, { number, state, past }: RenewedState, isUsed: boolean): Promise<boolean> {
    return this.#db.transaction().execute(async (transaction) => {
      // By itself: the next statement sees all who have opened it before.
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
