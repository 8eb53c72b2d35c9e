import { createHash } from "node:crypto";
import { sql, type Kysely } from "kysely";
import type { CompanyTables } from "./migrations.ts";

/** How long a key means the request that it came with first. */
const KEPT = sql<Date>`now() - interval '24 hours'`;

/** Keys that are deleted at once, so that no transaction is long. */
const BATCH = 1000;

/** What a key stands for. */
export interface KeyedRequest {
  key: string;
  /** Hash of what the request says. */
  fingerprint: string;
  businessNumber: string;
}

/** A hash that is the same for requests that say the same, however they write it. */
export function fingerprintOf(canonical: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(canonical)).digest("hex");
}

/** The request that came with a key, if it has created something. */
export async function findKey(
  db: Kysely<CompanyTables>,
  key: string,
): Promise<KeyedRequest | undefined> {
  const row = await db
    .selectFrom("company_idempotency_key")
    .select(["fingerprint", "business_number"])
    .where("key", "=", key)
    .where("created_at", ">", KEPT)
    .executeTakeFirst();
  return row && { key, fingerprint: row.fingerprint, businessNumber: row.business_number };
}

/**
 * Takes a key for a request; where another transaction has just taken it, waits for its end.
 *
 * @returns false when the key is had by a request
 */
export async function takeKey(
  transaction: Kysely<CompanyTables>,
  { key, fingerprint, businessNumber }: KeyedRequest,
): Promise<boolean> {
  const taken = await transaction
    .insertInto("company_idempotency_key")
    .values({ key, fingerprint, business_number: businessNumber })
    .onConflict((conflict) =>
      conflict
        .column("key")
        .doUpdateSet({ fingerprint, business_number: businessNumber, created_at: sql`now()` })
        .where("company_idempotency_key.created_at", "<=", KEPT),
    )
    .returning("key")
    .executeTakeFirst();
  return taken !== undefined;
}

/** Deletes the keys whose time is over, in batches; several replicas may do so at the same time. */
export async function deleteExpiredKeys(db: Kysely<CompanyTables>): Promise<number> {
  let all = 0;
  for (let deleted = BATCH; deleted === BATCH; all += deleted) {
    const expired = db
      .selectFrom("company_idempotency_key")
      .select("key")
      .where("created_at", "<=", KEPT)
      .orderBy("created_at")
      .limit(BATCH)
      .forUpdate()
      .skipLocked();
    const { numDeletedRows } = await db
      .deleteFrom("company_idempotency_key")
      .where("key", "in", expired)
      .executeTakeFirst();
    deleted = Number(numDeletedRows);
  }
  return all;
}
