import { sql, type Generated, type Kysely } from "kysely";
import type { Migrations } from "../../common/database/database.ts";

/** The tables of the documents; PostgreSQL's driver returns a bigint as text. */
export interface DocumentTables {
  document: {
    id: string;
    title: string;
    /** Number of the last update; updates are numbered without gaps. */
    last_update: Generated<string>;
    /** Number of the last renewal, which counts as an update; 0 if there was none. */
    renewed: Generated<string>;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
  };
  /** Updates that are not in a snapshot. */
  document_update: {
    document_id: string;
    number: string;
    update: Buffer;
    /** The replica that saved it. */
    replica_id: string;
  };
  /** The state of a document up to an update. */
  document_snapshot: {
    document_id: string;
    number: string;
    state: Buffer;
    /** State vector of the document before its last renewal; null if it is not recorded. */
    past: Buffer | null;
  };
  /** Versions; those that were saved automatically have no title. */
  document_version: {
    id: Generated<string>;
    document_id: string;
    number: string;
    title: string | null;
    state: Buffer;
    created_at: Generated<Date>;
  };
  /** Running replicas; each start of a replica has an id of its own. */
  document_replica: { id: string; seen_at: Date };
  /** Documents that replicas have in memory. */
  document_room: { document_id: string; replica_id: string };
  /** Presence in documents, as written by the replicas of the editors. */
  document_presence: {
    document_id: string;
    client_id: string;
    replica_id: string;
    clock: string;
    state: string;
  };
}

/** The migrations that lead to `DocumentTables`. */
export const MIGRATIONS: Migrations = {
  table: "document_migration",
  all: {
    "0001-document": { up: createTables },
    "0002-renewal": { up: createRooms },
    "0003-past": { up: addPast },
  },
};

/** Replicas and presence are unlogged: PostgreSQL empties these tables in a crash, and replicas write them again. */
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
