import AsyncLock from "async-lock";
import type { Kysely, Selectable } from "kysely";
import { DatabaseError } from "pg";
import { UnavailableError } from "../common/http/problem.ts";
import { findKey, fingerprintOf, takeKey, type KeyedRequest } from "./idempotency.ts";
import { COMPANY_PRIMARY_KEY, type CompanyTables } from "./migrations.ts";

/** Longest wait of a creation for concurrent ones of the same number, in milliseconds. */
const TURN_MS = 5000;

/** SQLSTATE of a violated unique constraint. */
const UNIQUE_VIOLATION = "23505";

/** A company to create. */
export interface NewCompany {
  legalName: string;
  /** Canonical. */
  businessNumber: string;
}

export interface Company extends NewCompany {
  createdAt: Date;
}

/** The outcome of a request to create a company. */
export type Creation =
  /** `replayed`: an earlier request with the same idempotency key created it. */
  | { outcome: "created" | "replayed"; company: Company }
  /** The number exists, which a lookup or PostgreSQL's constraint found. */
  | { outcome: "refusedEarly" | "constraintViolation" }
  /** The idempotency key belongs to a different request. */
  | { outcome: "keyReused" };

/** The companies in PostgreSQL, whose constraint keeps business numbers unique. */
export class CompanyRegistry {
  readonly #db: Kysely<CompanyTables>;
  readonly #turns = new AsyncLock({ timeout: TURN_MS });

  constructor(db: Kysely<CompanyTables>) {
    this.#db = db;
  }

  /**
   * Creates a company unless its number exists. Within a replica, creations of the same number run one after the other,
   * so only the first one inserts a row.
   *
   * @throws UnavailableError if the outcome is unknown; a retry with the same key reveals it
   */
  async create(wanted: NewCompany, key?: string): Promise<Creation> {
    const { businessNumber, legalName } = wanted;
    const fingerprint = fingerprintOf([businessNumber, legalName]);
    const keyed = key === undefined ? undefined : { key, fingerprint, businessNumber };
    return this.#inTurn(businessNumber, async () => {
      // Looks for the company first: once it is visible, the key that was committed with it is visible, too.
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

  /** Lists the companies after a number, in the order of their numbers. */
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
          // Another replica has claimed the same key first.
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
        : new UnavailableError("creations of the same number took too long", { cause: error });
    }
  }
}

/** The outcome for a key that an earlier request used; undefined if none did. */
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

/** Whether an error is a violation of PostgreSQL's constraint on numbers. */
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
