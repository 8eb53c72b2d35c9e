import { sql, type Kysely, type Selectable } from "kysely";
import type { DocumentTables } from "./migrations.ts";
import type { NumberedState } from "./updateStore.ts";

/** Compacted updates that are deleted at once, so that no transaction is long. */
const DELETED_AT_ONCE = 1000;

/** Versions without a title that a document keeps. */
const MAX_UNTITLED = 50;

/** Of three of these within this time the middle one goes: many short visits must not push out all that was before. */
const CLOSE = "15 minutes";

/** Versions with a title that a document can have. */
export const MAX_TITLED = 100;

/** A version without its state. */
export interface Version {
  id: string;
  /** None where nobody asked for it. */
  title: string | null;
  createdAt: Date;
}

/** The states of documents in PostgreSQL: the snapshot that stands for many updates, and the versions. */
export class Archive {
  readonly #db: Kysely<DocumentTables>;

  constructor(db: Kysely<DocumentTables>) {
    this.#db = db;
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
   * Keeps a state under a title.
   *
   * @returns undefined when the document has its versions with titles
   */
  async keep(
    id: string,
    { number, state }: NumberedState,
    title: string,
  ): Promise<Version | undefined> {
    const { rows } = await sql<VersionRow>`
      insert into document_version (document_id, number, title, state)
      select ${id}, ${number}, ${title}, ${Buffer.from(state)}
      where ${MAX_TITLED} > (
        select count(*) from document_version where document_id = ${id} and title is not null
      )
      returning id, title, created_at`.execute(this.#db);
    return rows.map(versionOf)[0];
  }

  /**
   * Keeps a state without anybody's asking, unless nothing has changed since the last version. Of that kind the one
   * before goes where it is amid three that are close, and the oldest where there are too many.
   *
   * @returns whether it is kept
   */
  async keepUntitled(id: string, { number, state }: NumberedState): Promise<boolean> {
    const { rows } = await sql`
      insert into document_version (document_id, number, state)
      select ${id}, ${number}, ${Buffer.from(state)}
      where not exists (
        select from document_version where document_id = ${id} and number >= ${number}
      )
      returning id`.execute(this.#db);
    if (rows.length === 0) {
      return false;
    }
    await sql`
      with untitled as (
        select id, row_number() over newest as place, lead(created_at) over newest as before
        from document_version where document_id = ${id} and title is null
        window newest as (order by id desc)
      )
      delete from document_version using untitled
      where document_version.id = untitled.id and (
        place > ${MAX_UNTITLED} or (place = 2 and before > now() - ${CLOSE}::interval)
      )`.execute(this.#db);
    return true;
  }

  /** The versions of a document, the newest first. */
  async versions(id: string): Promise<Version[]> {
    const rows = await this.#db
      .selectFrom("document_version")
      .select(["id", "title", "created_at"])
      .where("document_id", "=", id)
      .orderBy("id", "desc")
      .execute();
    return rows.map(versionOf);
  }

  /** The state of a version. */
  async state(id: string, version: string): Promise<Buffer | undefined> {
    const row = await this.#db
      .selectFrom("document_version")
      .select("state")
      .where("document_id", "=", id)
      .where("id", "=", version)
      .executeTakeFirst();
    return row?.state;
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
}

type VersionRow = Pick<
  Selectable<DocumentTables["document_version"]>,
  "id" | "title" | "created_at"
>;

function versionOf(row: VersionRow): Version {
  return { id: row.id, title: row.title, createdAt: row.created_at };
}
