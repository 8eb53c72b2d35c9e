import AsyncLock from "async-lock";
import type { Kysely, Selectable } from "kysely";
import { DatabaseError } from "pg";
import { UnavailableError } from "../common/http/problem.ts";
import { findKey, fingerprintOf, takeKey, type KeyedRequest } from "./idempotency.ts";
import { COMPANY_PRIMARY_KEY, type CompanyTables } from "./migrations.ts";

/** Longest wait of a creation for others of the same number, in milliseconds. */
const TURN_MS = 5000;

/** PostgreSQL's word for a second row where there may be one. */
const UNIQUE_VIOLATION = "23505";

/** A company that is to be. */
export interface NewCompany {
  legalName: string;
  /** Canonical. */
  businessNumber: string;
}

export interface Company extends NewCompany {
  createdAt: Date;
}

/** What became of a request to create a company. */
export type Creation =
  /** `replayed`: the same request, by its idempotency key, had created it before. */
  | { outcome: "created" | "replayed"; company: Company }
  /** The number exists, as this replica saw by itself or as PostgreSQL's constraint said. */
  | { outcome: "refusedEarly" | "constraintViolation" }
  /** The idempotency key came with another request before. */
  | { outcome: "keyReused" };

/** The companies in PostgreSQL, which has the last word on what a business number is had by. */
export class CompanyRegistry {
  readonly #db: Kysely<CompanyTables>;
  readonly #turns = new AsyncLock({ timeout: TURN_MS });

  constructor(db: Kysely<CompanyTables>) {
    this.#db = db;
  }

  /**
   * Creates a company unless its number exists. Within a replica the creations of one number take turns, so that
   * only the first has to ask PostgreSQL for a new row.
   *
   * @throws UnavailableError when it is not known to be created: repeated with the same key, the truth comes out
   */
  async create(wanted: NewCompany, key?: string): Promise<Creation> {
    const { businessNumber, legalName } = wanted;
    const fingerprint = fingerprintOf([businessNumber, legalName]);
    const keyed = key === undefined ? undefined : { key, fingerprint, businessNumber };
    return this.#inTurn(businessNumber, async () => {
      // In this order: who sees the company sees the key with which another replica has created it, too.
      const exists = (await find(this.#db, businessNumber)) !== undefined;
      const earlier = keyed && (await replayOf(this.#db, keyed));
      if (earlier !== undefined) {
        return earlier;
      }
      return exists ? { outcome: "refusedEarly" } : this.#insert(wanted, keyed);
    });
  }

  find(businessNumber: string): Promise<Company | undefined> {
    return find(this.#db, businessNumber);
  }

  /** Companies by their numbers, from the first one beyond `after`. */
  async list(after: string, limit: number): Promise<Company[]> {
    const rows = await this.#db
      .selectFrom("company")
      .selectAll()
      .where("business_number", ">", after)
      .orderBy("business_number")
      .limit(limit)
      .execute();
    return rows.map(companyOf);
  }

  async #insert(wanted: NewCompany, keyed: KeyedRequest | undefined): Promise<Creation> {
    try {
      return await this.#db.transaction().execute(async (transaction) => {
        if (keyed !== undefined && !(await takeKey(transaction, keyed))) {
          // Another replica was faster with the same key.
          const replay = await replayOf(transaction, keyed);
          return replay ?? Promise.reject(new UnavailableError("the key has just expired"));
        }
        const row = await transaction
          .insertInto("company")
          .values({ business_number: wanted.businessNumber, legal_name: wanted.legalName })
          .returningAll()
          .executeTakeFirstOrThrow();
        return { outcome: "created", company: companyOf(row) };
      });
    } catch (error) {
      if (isTaken(error)) {
        return { outcome: "constraintViolation" };
      }
      throw error;
    }
  }

  async #inTurn<T>(businessNumber: string, work: () => Promise<T>): Promise<T> {
    const turn = { hasBegun: false };
    try {
      return await this.#turns.acquire(businessNumber, () => {
        turn.hasBegun = true;
        return work();
      });
    } catch (error) {
      throw turn.hasBegun
        ? error
        : new UnavailableError("waited too long for a turn", { cause: error });
    }
  }
}

/** What the request with this key was answered; nothing when there was none. */
async function replayOf(
  db: Kysely<CompanyTables>,
  { key, fingerprint }: KeyedRequest,
): Promise<Creation | undefined> {
  const earlier = await findKey(db, key);
  if (earlier === undefined) {
    return undefined;
  }
  const company = await find(db, earlier.businessNumber);
  return company !== undefined && earlier.fingerprint === fingerprint
    ? { outcome: "replayed", company }
    : { outcome: "keyReused" };
}

async function find(
  db: Kysely<CompanyTables>,
  businessNumber: string,
): Promise<Company | undefined> {
  const row = await db
    .selectFrom("company")
    .selectAll()
    .where("business_number", "=", businessNumber)
    .executeTakeFirst();
  return row && companyOf(row);
}

/** Whether PostgreSQL's constraint says that the number exists. */
function isTaken(error: unknown): boolean {
  return (
    error instanceof DatabaseError &&
    error.code === UNIQUE_VIOLATION &&
    error.constraint === COMPANY_PRIMARY_KEY
  );
}

function companyOf(row: Selectable<CompanyTables["company"]>): Company {
  return {
    legalName: row.legal_name,
    businessNumber: row.business_number,
    createdAt: row.created_at,
  };
}
