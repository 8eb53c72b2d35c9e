import type { Database, Migrations } from "./database.ts";
import { UnavailableError } from "../http/problem.ts";

/** The tables of an app, which it creates once it listens and before it is ready. */
export class Tables {
  readonly #database: Pick<Database<unknown>, "migrate">;
  readonly #migrations: Migrations;
  #areCreated = false;

  constructor(database: Pick<Database<unknown>, "migrate">, migrations: Migrations) {
    this.#database = database;
    this.#migrations = migrations;
  }

  /** Creates or migrates the tables; waits for a database that is unavailable. */
  async create(): Promise<void> {
    await this.#database.migrate(this.#migrations);
    this.#areCreated = true;
  }

  /** @throws UnavailableError until the tables are created */
  assertCreated(): void {
    if (!this.#areCreated) {
      throw new UnavailableError("the tables do not exist yet");
    }
  }
}
