import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { AppName } from "../../app/contract/catalogue.ts";
import type { Logger } from "../../app/contract/log.ts";
import { SettingsError } from "../../app/contract/settings.ts";
import { makeAppRoles } from "./appRoles.ts";
import type { Guard } from "../guard.ts";
import { startPostgres, type Postgres } from "./postgres.ts";
import { systemFault } from "./faults.ts";

/** First and longest wait before PostgreSQL is started again: one that ends at once must not keep the computer busy. */
const RESTART_MS = { first: 1000, longest: 10_000 };

export interface LocalDatabaseOptions {
  /** Folder of the data; none where nothing is kept. */
  folder: string | undefined;
  /** Those that keep data in it. */
  apps: readonly AppName[];
  maxConnections: number;
  log: Logger;
  guard: Guard;
  /** It was started again, and the apps need another environment. */
  onMoved: () => void;
  /** It has ended and cannot be started again. */
  onLost: (error: Error) => void;
}

/** The PostgreSQL of a run: one that was killed is started again, as AWS would do. */
export class LocalDatabase {
  readonly #options: LocalDatabaseOptions;
  /** Of each app's role, for this run only. */
  readonly #passwords: ReadonlyMap<AppName, string>;
  readonly #stopping = new AbortController();
  #port: number | undefined;
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: LocalDatabaseOptions) {
    this.#options = options;
    this.#passwords = new Map(
      options.apps.map((app) => [app, randomBytes(24).toString("base64url")]),
    );
  }

  /**
   * Starts it.
   *
   * @throws SettingsError when it does not start on these data
   */
  async start(): Promise<void> {
    const launch = this.#launch();
    this.#running = launch;
    const postgres = await launch;
    this.#running = this.#keep(postgres);
  }

  /** What an app needs in its environment, which is nothing where it keeps no data. */
  environmentOf(app: AppName): NodeJS.ProcessEnv {
    const password = this.#passwords.get(app);
    return password === undefined
      ? {}
      : {
          DATABASE_URL: `postgres://${app}:${password}@127.0.0.1:${this.#port}/postgres`,
          DATABASE_TLS: "off",
        };
  }

  /** Resolves when it has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.allSettled([this.#running]);
  }

  async #launch(): Promise<Postgres> {
    const { folder, maxConnections, log, guard, onMoved } = this.#options;
    const { signal } = this.#stopping;
    const before = this.#port;
    const data =
      folder === undefined
        ? { ephemeral: true as const }
        : { folder, ...(before !== undefined && { port: before }) };
    const postgres = await startPostgres(data, maxConnections, { log, guard, signal });
    await this.#makeRoles(postgres);
    this.#port = Number(new URL(postgres.url).port);
    log.info({ pid: postgres.pid, port: String(this.#port) }, "PostgreSQL is ready");
    if (before !== undefined && before !== this.#port) {
      onMoved();
    }
    return postgres;
  }

  async #makeRoles(postgres: Postgres): Promise<void> {
    try {
      await makeAppRoles(postgres.url, this.#passwords);
    } catch (error) {
      await postgres.stop();
      const named = this.#options.folder ?? "ephemeral data";
      throw new SettingsError(systemFault(named, (error as Error).message));
    }
  }

  /** Starts it again as often as it ends. */
  async #keep(first: Postgres): Promise<void> {
    const { folder, onLost } = this.#options;
    let postgres: Postgres | undefined = first;
    while (postgres !== undefined) {
      await postgres.ended;
      if (!this.#isStopping && folder === undefined) {
        onLost(new Error("PostgreSQL has ended, and with it the data, which were ephemeral"));
        return;
      }
      postgres = await this.#restart();
    }
  }

  /** Tries until it is ready, or not needed any more. */
  async #restart(): Promise<Postgres | undefined> {
    const { log } = this.#options;
    const { signal } = this.#stopping;
    let wait = RESTART_MS.first;
    while (!this.#isStopping) {
      log.error({ waitMs: wait }, "PostgreSQL has ended: it is started again");
      await sleep(wait, undefined, { signal }).catch(() => undefined);
      wait = Math.min(2 * wait, RESTART_MS.longest);
      try {
        return await this.#launch();
      } catch (error) {
        log.warn({ reason: (error as Error).message }, "PostgreSQL does not start");
      }
    }
    return undefined;
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }
}
