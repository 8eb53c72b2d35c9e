import { randomUUID } from "node:crypto";
import type { Kysely, Selectable } from "kysely";
import * as Y from "yjs";
import { BARRED, isVisible } from "../../common/http/visibleText.ts";
import type { DocumentTables } from "./migrations.ts";

/** Characters of a title in lists. */
export const MAX_TITLE = 200;

/** What a title in lists has instead as a space. */
const UNFIT = new RegExp(`(?:${BARRED.source}|\\p{Z})+`, "gu");
const IN_LISTS = new RegExp(`^.{0,${MAX_TITLE}}`, "u");

/** Characters of which these are made: with each letter that is typed into a title that is a book, no more is read. */
const MAX_READ = 1000;

/** A document, without what is in it. */
export interface DocumentSummary {
  id: string;
  title: string;
  createdAt: Date;
  updatedAt: Date;
}

/** The shared text that is a document's title. */
export const titleOf = (document: Y.Doc): Y.Text => document.getText("title");

/** The title that a document gives itself, as lists show it: in one line, not too long, and none if it is invisible. */
export function titleIn(document: Y.Doc): string {
  const line = beginningOf(titleOf(document)).replace(UNFIT, " ").trim();
  return isVisible(line) ? (IN_LISTS.exec(line)?.[0] ?? "") : "";
}

function beginningOf(text: Y.Text): string {
  let beginning = "";
  for (let item = text._start; item !== null && beginning.length < MAX_READ; item = item.right) {
    if (!item.deleted && item.content instanceof Y.ContentString) {
      beginning += item.content.str.slice(0, MAX_READ);
    }
  }
  return beginning;
}

/** The documents by their titles. */
export class DocumentLibrary {
  readonly #db: Kysely<DocumentTables>;
  readonly #replicaId: string;

  constructor(db: Kysely<DocumentTables>, replicaId: string) {
    this.#db = db;
    this.#replicaId = replicaId;
  }

  /** Makes a document, which has nothing but its title. */
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
        update: titled(title),
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

  /** Documents, the newest first, from the first one beyond `after`, which is a document itself. */
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
   * Gives lists the title that a document has by its last update.
   *
   * @param number of that update
   * @returns false when there are later ones, which may have changed it
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

function titled(title: string): Buffer {
  const document = new Y.Doc();
  titleOf(document).insert(0, title);
  return Buffer.from(Y.encodeStateAsUpdate(document));
}

function summaryOf(row: Selectable<DocumentTables["document"]>): DocumentSummary {
  return {
    id: row.id,
    title: row.title,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
