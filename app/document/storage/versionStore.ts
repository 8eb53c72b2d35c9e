import { sql, type Kysely, type Selectable } from "kysely";
import type { DocumentTables } from "./migrations.ts";
import type { NumberedState } from "./updateStore.ts";

/** Most versions without a title of a document. */
const MAX_UNTITLED = 50;

/** Of three versions within this time the middle one is deleted, so that many short visits leave older ones. */
const CLOSE = "15 minutes";

/** Most versions with a title of a document. */
export const MAX_TITLED = 100;

/** A version without its state. */
export interface Version {
  id: string;
  /** Null where the version was saved automatically. */
  title: string | null;
  createdAt: Date;
}

/** The versions of documents in PostgreSQL. */
export class VersionStore {
  readonly #db: Kysely<DocumentTables>;

  constructor(db: Kysely<DocumentTables>) {
    this.#db = db;
  }

  /**
   * Saves a version with a title.
   *
   * @returns undefined when the document already has the most versions with titles
   */
  async add(
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
   * Saves a version without a title, unless nothing has changed since the last version. Deletes the version before it
   * if that is the middle one of three within a short time, and the oldest one if there are too many.
   *
   * @returns whether a version was saved
   */
  async addUntitled(id: string, { number, state }: NumberedState): Promise<boolean> {
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
  async list(id: string): Promise<Version[]> {
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
}

type VersionRow = Pick<
  Selectable<DocumentTables["document_version"]>,
  "id" | "title" | "created_at"
>;

function versionOf(row: VersionRow): Version {
  return { id: row.id, title: row.title, createdAt: row.created_at };
}
