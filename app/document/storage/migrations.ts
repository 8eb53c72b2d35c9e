import { sql, type Generated, type Kysely } from "kysely";
import type { Migrations } from "../../common/database/database.ts";

/** The tables of the documents; PostgreSQL's driver gives a bigint as text. */
export interface DocumentTables {
  document: {
    id: string;
    title: string;
    /** Number of the last update; they are numbered one by one. */
    last_update: Generated<string>;
    /** Number of the update by which it was renewed last; 0 where it never was. */
    renewed: Generated<string>;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
  };
  /** Changes that no snapshot has. */
  document_update: {
    document_id: string;
    number: string;
    update: Buffer;
    /** Who saved it. */
    replica_id: string;
  };
  /** A document's state up to an update. */
  document_snapshot: {
    document_id: string;
    number: string;
    state: Buffer;
    /** State vector that the document had before it was renewed last; null where nobody has kept it. */
    past: Buffer | null;
  };
  /** States that are kept; without a title where nobody asked for it. */
  document_version: {
    id: Generated<string>;
    document_id: string;
    number: string;
    title: string | null;
    state: Buffer;
    created_at: Generated<Date>;
  };
  /** Replicas that live, each start of one for itself. */
  document_replica: { id: string; seen_at: Date };
  /** Documents that are open, by the replicas that have them in memory. */
  document_room: { document_id: string; replica_id: string };
  /** Who is in a document, as their replicas know. */
  document_presence: {
    document_id: string;
    client_id: string;
    replica_id: string;
    clock: string;
    state: string;
  };
}

/** How the tables came to be what `DocumentTables` says. */
export const MIGRATIONS: Migrations = {
  table: "document_migration",
  all: {
    "0001-document": { up: createTables },
    "0002-renewal": { up: createRooms },
    "0003-past": { up: addPast },
  },
};

/** What is in memory only, presence, is gone after a crash of PostgreSQL, and written anew then. */
async function createTables(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table document (
      id uuid primary key,
      title text not null constraint document_title check (char_length(title) <= 200),
      last_update bigint not null default 0,
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now()
    )`.execute(db);
  await sql`create index document_created_at on document (created_at, id)`.execute(db);
  await sql`
    create table document_update (
      document_id uuid not null references document,
      number bigint not null,
      update bytea not null,
      replica_id uuid not null,
      primary key (document_id, number)
    )`.execute(db);
  await sql`
    create table document_snapshot (
      document_id uuid primary key references document,
      number bigint not null,
      state bytea not null
    )`.execute(db);
  await sql`
    create table document_version (
      id bigint generated always as identity primary key,
      document_id uuid not null references document,
      number bigint not null,
      title text constraint document_version_title check (char_length(title) <= 200),
      state bytea not null,
      created_at timestamptz(3) not null default now()
    )`.execute(db);
  await sql`
    create index document_version_document_id
      on document_version (document_id, id)`.execute(db);
  await sql`
    create unlogged table document_replica (
      id uuid primary key,
      seen_at timestamptz not null default now()
    )`.execute(db);
  await sql`
    create unlogged table document_presence (
      document_id uuid not null,
      client_id bigint not null,
      replica_id uuid not null,
      clock bigint not null,
      state text not null,
      primary key (document_id, client_id)
    )`.execute(db);
}

async function createRooms(db: Kysely<unknown>): Promise<void> {
  await sql`alter table document add column renewed bigint not null default 0`.execute(db);
  await sql`
    create unlogged table document_room (
      document_id uuid not null,
      replica_id uuid not null,
      primary key (document_id, replica_id)
    )`.execute(db);
}

async function addPast(db: Kysely<unknown>): Promise<void> {
  await sql`alter table document_snapshot add column past bytea`.execute(db);
}
