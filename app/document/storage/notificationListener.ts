import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import type { Database } from "../../common/database/database.ts";
import type { Logger } from "../../contract/log.ts";
import type { DocumentTables } from "./migrations.ts";

/** How often the connection is asked whether it lives, in milliseconds. */
const CHECK_MS = 2000;

/** How long the end of a connection may take, in milliseconds. */
const END_MS = 1000;

/** First and longest wait until the next try to connect, in milliseconds. */
const RETRY_MS = { first: 100, longest: 5000 };

/** What a replica hears of the others; the words that one of them has said. */
export type NotificationHandlers = Readonly<Record<string, (words: readonly string[]) => void>>;

/**
 * A connection on which PostgreSQL tells what other replicas say. It is made anew whenever it is lost; what was said
 * meanwhile nobody repeats, so one has to look.
 */
export class NotificationListener {
  readonly #database: Database<DocumentTables>;
  readonly #handlers: NotificationHandlers;
  readonly #onConnected: () => Promise<void>;
  readonly #log: Logger;
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;

  /**
   * @param handlers by the channels' names
   * @param onConnected looks what was said before
   */
  constructor(
    database: Database<DocumentTables>,
    handlers: NotificationHandlers,
    onConnected: () => Promise<void>,
    log: Logger,
  ) {
    this.#database = database;
    this.#handlers = handlers;
    this.#onConnected = onConnected;
    this.#log = log;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (let wait = RETRY_MS.first; !signal.aborted;) {
      try {
        await this.#listen(() => (wait = RETRY_MS.first));
      } catch (error) {
        this.#log.warn({ reason: String(error) }, "hears nothing of other replicas now");
      }
      await sleep(wait, undefined, { signal }).catch(() => undefined);
      wait = Math.min(2 * wait, RETRY_MS.longest);
    }
  }

  /** Ends when the connection does. */
  async #listen(onConnected: () => void): Promise<void> {
    const { signal } = this.#closing;
    const client = await this.#database.connect();
    const ended = new Promise<void>((resolve) => client.once("end", resolve));
    const end = new AbortController();
    void ended.then(() => end.abort());
    try {
      client.on("notification", ({ channel, payload = "" }) =>
        this.#handlers[channel]?.(payload.split(" ")),
      );
      for (const name of Object.keys(this.#handlers)) {
        await client.query(`listen ${client.escapeIdentifier(name)}`);
      }
      await this.#onConnected();
      onConnected();
      await this.#checkUntil(client, AbortSignal.any([signal, end.signal]));
    } finally {
      // Where PostgreSQL hangs, it does not end.
      await Promise.race([client.end().catch(() => undefined), sleep(END_MS)]);
    }
  }

  async #checkUntil(client: Client, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await client.query("select 1");
      await sleep(CHECK_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
