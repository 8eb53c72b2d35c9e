import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../app/common/log.ts";
import type { Guard } from "./guard.ts";
import { startPostgres, type Postgres } from "./postgres.ts";

/** Wait before PostgreSQL is started again: one that ends at once must not keep the computer busy. */
const RESTART_MS = 1000;

export interface LocalDatabaseOptions {
  /** Folder of the data; none where nothing is kept. */
  folder: string | undefined;
  maxConnections: number;
  log: Logger;
  guard: Guard;
  /** It has ended and cannot be started again. */
  onLost: (error: Error) => void;
}

/** The PostgreSQL of a run: one that was killed is started again, as AWS would do. */
export class LocalDatabase {
  readonly #options: LocalDatabaseOptions;
  #postgres: Postgres | undefined;
  #isStopping = false;

  constructor(options: LocalDatabaseOptions) {
    this.#options = options;
  }

  /**
   * Starts it.
   *
   * @returns what the apps need in their environment
   * @throws SettingsError when it does not start on these data
   */
  async start(): Promise<NodeJS.ProcessEnv> {
    const { url } = await this.#launch();
    return { DATABASE_URL: url, DATABASE_TLS: "off" };
  }

  /** Resolves when it has ended. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#postgres?.stop();
  }

  async #launch(port?: number): Promise<Postgres> {
    const { folder, maxConnections, log, guard } = this.#options;
    const data =
      folder === undefined ? { ephemeral: true as const } : { folder, ...(port && { port }) };
    const postgres = await startPostgres(data, maxConnections, { log, guard });
    log.info({ pid: postgres.pid, port: new URL(postgres.url).port }, "PostgreSQL is ready");
    void postgres.ended.then(() => this.#ended(postgres));
    this.#postgres = postgres;
    return postgres;
  }

  async #ended({ url }: Postgres): Promise<void> {
    if (this.#isStopping) {
      return;
    }
    const { folder, log, onLost } = this.#options;
    if (folder === undefined) {
      onLost(new Error("PostgreSQL has ended, and with it the data, which were ephemeral"));
      return;
    }
    log.error("PostgreSQL has ended: it is started again");
    await sleep(RESTART_MS);
    await this.#restart(Number(new URL(url).port)).catch(onLost);
  }

  async #restart(port: number): Promise<void> {
    if (!this.#isStopping) {
      await this.#launch(port);
    }
  }
}
