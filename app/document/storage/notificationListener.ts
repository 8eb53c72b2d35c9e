import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import type { Database } from "../../common/database/database.ts";
import type { Logger } from "../../contract/log.ts";
import type { DocumentTables } from "./migrations.ts";

/** Time between two checks of the connection, in milliseconds. */
const CHECK_MS = 2000;

/** Time limit for closing a connection, in milliseconds. */
const END_MS = 1000;

/** First and longest delay before connecting again, in milliseconds. */
const RETRY_MS = { first: 100, longest: 5000 };

/** Handlers by channel; each gets the words of a notification. */
export type NotificationHandlers = Readonly<Record<string, (words: readonly string[]) => void>>;

/**
 * Listens to PostgreSQL's notifications, which other replicas send. It reconnects whenever the connection is lost; the
 * notifications of the meantime are lost, so `onConnected` must read what they were about.
 */
export class NotificationListener {
  readonly #database: Database<DocumentTables>;
  readonly #handlers: NotificationHandlers;
  readonly #onConnected: () => Promise<void>;
  readonly #log: Logger;
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;

  /** @param onConnected reads what has changed before the connection was made */
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
        this.#log.warn({ reason: String(error) }, "lost the notification connection");
      }
      await sleep(wait, undefined, { signal }).catch(() => undefined);
      wait = Math.min(2 * wait, RETRY_MS.longest);
    }
  }

  /** Resolves when the connection ends. */
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
      // A PostgreSQL that hangs does not end the connection.
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
