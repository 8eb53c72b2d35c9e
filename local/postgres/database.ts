import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { AppName } from "../../app/contract/catalogue.ts";
import type { Logger } from "../../app/contract/log.ts";
import { workloadRole } from "../../app/contract/workloadRole.ts";
import { SettingsError } from "../../app/contract/settings.ts";
import { makeAppRoles } from "./appRoles.ts";
import { makeOwnDatabases } from "./ownDatabases.ts";
import type { Guard } from "../guard.ts";
import { startPostgres, type Postgres } from "./postgres.ts";
import { systemFault } from "./faults.ts";

/** First and longest delay before a restart, in milliseconds: a PostgreSQL that exits at once must not keep the computer busy. */
const RESTART_MS = { first: 1000, longest: 10_000 };

export interface LocalDatabaseOptions {
  /** Folder of the data; undefined if no data is kept. */
  folder: string | undefined;
  /** The built-in apps that use it. */
  apps: readonly AppName[];
  /** Names of the workloads that have databases of their own on it. */
  owners: readonly string[];
  maxConnections: number;
  log: Logger;
  guard: Guard;
  /** Called when it was restarted on another port, so the apps need another environment. */
  onMoved: () => void;
  /** Called when it has exited and cannot be restarted. */
  onLost: (error: Error) => void;
}

/** The PostgreSQL of a run, which is restarted when it exits, as AWS would do. */
export class LocalDatabase {
  readonly #options: LocalDatabaseOptions;
  /** Passwords of the apps' roles, for this run only. */
  readonly #passwords: ReadonlyMap<AppName, string>;
  /** Passwords of the workloads' roles, by role. */
  readonly #ownPasswords: ReadonlyMap<string, string>;
  readonly #stopping = new AbortController();
  #port: number | undefined;
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: LocalDatabaseOptions) {
    this.#options = options;
    this.#passwords = new Map(options.apps.map((app) => [app, newPassword()]));
    this.#ownPasswords = new Map(
      options.owners.map((owner) => [workloadRole(owner), newPassword()]),
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

  /** The environment variables by which an app finds the database; none if it keeps no data. */
  environmentOf(app: AppName): NodeJS.ProcessEnv {
    const password = this.#passwords.get(app);
    return password === undefined
      ? {}
      : {
          DATABASE_URL: `postgres://${app}:${password}@127.0.0.1:${this.#port}/postgres`,
          DATABASE_TLS: "off",
        };
  }

  /** The environment variable by which a workload finds its own database. */
  environmentOfOwner(workload: string): NodeJS.ProcessEnv {
    const role = workloadRole(workload);
    const password = this.#ownPasswords.get(role);
    return { DATABASE_URL: `postgres://${role}:${password}@127.0.0.1:${this.#port}/${role}` };
  }

  /** Resolves when it has exited. */
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
      await makeOwnDatabases(postgres.url, this.#ownPasswords);
    } catch (error) {
      await postgres.stop();
      const named = this.#options.folder ?? "ephemeral data";
      throw new SettingsError(systemFault(named, (error as Error).message));
    }
  }

  /** Restarts it each time that it exits. */
  async #keep(first: Postgres): Promise<void> {
    const { folder, onLost } = this.#options;
    let postgres: Postgres | undefined = first;
    while (postgres !== undefined) {
      await postgres.ended;
      if (!this.#isStopping && folder === undefined) {
        onLost(new Error("PostgreSQL has exited, and its ephemeral data are lost"));
        return;
      }
      postgres = await this.#restart();
    }
  }

  /** Tries until it is ready, or the run is being stopped. */
  async #restart(): Promise<Postgres | undefined> {
    const { log } = this.#options;
    const { signal } = this.#stopping;
    let wait = RESTART_MS.first;
    while (!this.#isStopping) {
      log.error({ waitMs: wait }, "PostgreSQL has exited and is being restarted");
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

function newPassword(): string {
  return randomBytes(24).toString("base64url");
}
