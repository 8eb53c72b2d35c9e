import { sql, type Generated, type Kysely } from "kysely";
import type { Migrations } from "../common/database/database.ts";

/** The tables of the registry. */
export interface CompanyTables {
  company: {
    /** Canonical: in upper case, without spaces and hyphens. */
    business_number: string;
    legal_name: string;
    created_at: Generated<Date>;
  };
  /** Requests with an idempotency key that created a company. */
  company_idempotency_key: {
    key: string;
    /** Hash of the content of the request. */
    fingerprint: string;
    business_number: string;
    created_at: Generated<Date>;
  };
}

/** The constraint that keeps business numbers unique. */
export const COMPANY_PRIMARY_KEY = "company_pkey";

/** The migrations that create `CompanyTables`. */
export const MIGRATIONS: Migrations = {
  table: "company_migration",
  all: { "0001-company": { up: createTables } },
};

/** Collates numbers by byte, because the order of a language may change with the operating system's version. */
async function createTables(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table company (
      business_number text collate "C" constraint company_pkey primary key
        constraint company_business_number check (business_number ~ '^[0-9A-Z]{2,32}$'),
      legal_name text not null
        constraint company_legal_name check (
          char_length(legal_name) between 1 and 200
          and legal_name = btrim(legal_name)
          and legal_name !~ '[\\u0001-\\u001f\\u007f-\\u009f\\u2028\\u2029]'
        ),
      created_at timestamptz(3) not null default now()
    )`.execute(db);
  await sql`
    create table company_idempotency_key (
      key text collate "C" primary key check (key ~ '^[!-~]{1,255}$'),
      fingerprint text not null,
      business_number text collate "C" not null
        references company deferrable initially deferred,
      created_at timestamptz(3) not null default now()
    )`.execute(db);
  await sql`
    create index company_idempotency_key_created_at
      on company_idempotency_key (created_at)`.execute(db);
}
