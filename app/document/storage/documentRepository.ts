import { randomUUID } from "node:crypto";
import type { Kysely, Selectable } from "kysely";
import { titled } from "../content/title.ts";
import type { DocumentTables } from "./migrations.ts";

/** A document without its content. */
export interface DocumentSummary {
  id: string;
  title: string;
  createdAt: Date;
  updatedAt: Date;
}

/** The documents and their titles in PostgreSQL. */
export class DocumentRepository {
  readonly #db: Kysely<DocumentTables>;
  readonly #replicaId: string;

  constructor(db: Kysely<DocumentTables>, replicaId: string) {
    this.#db = db;
    this.#replicaId = replicaId;
  }

  /** Creates a document with a title and no other content. */
  create(title: string): Promise<DocumentSummary> {
    const id = randomUUID();
    return this.#db.transaction().execute(async (transaction) => {
      const row = await transaction
        .insertInto("document")
        .values({ id, title, last_update: "1" })
        .returningAll()
        .executeTakeFirstOrThrow();
      const first = {
        document_id: id,
        number: "1",
        update: Buffer.from(titled(title)),
        replica_id: this.#replicaId,
      };
      await transaction.insertInto("document_update").values(first).execute();
      return summaryOf(row);
    });
  }

  async find(id: string): Promise<DocumentSummary | undefined> {
    const row = await this.#db
      .selectFrom("document")
      .selectAll()
      .where("id", "=", id)
      .executeTakeFirst();
    return row && summaryOf(row);
  }

  /** Documents, the newest first, starting after the document `after`. */
  async list(after: string | undefined, limit: number): Promise<DocumentSummary[]> {
    let query = this.#db
      .selectFrom("document")
      .selectAll()
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .limit(limit);
    if (after !== undefined) {
      query = query.where((eb) =>
        eb(
          eb.refTuple("created_at", "id"),
          "<",
          eb
            .selectFrom("document")
            .select(["created_at", "id"])
            .where("id", "=", after)
            .$asTuple("created_at", "id"),
        ),
      );
    }
    return (await query.execute()).map(summaryOf);
  }

  /**
   * Sets the title that a document has in lists.
   *
   * @param number number of the document's last update when it had that title
   * @returns false when there are later updates, which may have changed the title
   */
  async rename(id: string, number: number, title: string): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable("document")
      .set({ title })
      .where("id", "=", id)
      .where("last_update", "=", String(number))
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }
}

function summaryOf(row: Selectable<DocumentTables["document"]>): DocumentSummary {
  return {
    id: row.id,
    title: row.title,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
