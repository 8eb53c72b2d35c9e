import { createHash } from "node:crypto";
import { sql, type Kysely } from "kysely";
import type { CompanyTables } from "./migrations.ts";

/** Creation time of the oldest keys that are valid; older ones have expired. */
const OLDEST = sql<Date>`now() - interval '24 hours'`;

/** Most keys of a deletion, to keep transactions short. */
const BATCH = 1000;

/** A request with an idempotency key. */
export interface KeyedRequest {
  key: string;
  /** Hash of the content of the request. */
  fingerprint: string;
  businessNumber: string;
}

/** Hashes the canonical content of a request, so its spelling does not matter. */
export function fingerprintOf(canonical: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(canonical)).digest("hex");
}

/** Finds the request that created something with a key. */
export async function findKey(
  db: Kysely<CompanyTables>,
  key: string,
): Promise<KeyedRequest | undefined> {
  const row = await db
    .selectFrom("company_idempotency_key")
    .select(["fingerprint", "business_number"])
    .where("key", "=", key)
    .where("created_at", ">", OLDEST)
    .executeTakeFirst();
  return row && { key, fingerprint: row.fingerprint, businessNumber: row.business_number };
}

/**
 * Claims a key for a request. Waits for a concurrent transaction that has claimed it.
 *
 * @returns false if the key belongs to an earlier request
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
        .where("company_idempotency_key.created_at", "<=", OLDEST),
    )
    .returning("key")
    .executeTakeFirst();
  return taken !== undefined;
}

/** Deletes expired keys in batches; several replicas may do so at the same time. */
export async function deleteExpiredKeys(db: Kysely<CompanyTables>): Promise<number> {
  let all = 0;
  for (let deleted = BATCH; deleted === BATCH; all += deleted) {
    const expired = db
      .selectFrom("company_idempotency_key")
      .select("key")
      .where("created_at", "<=", OLDEST)
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
