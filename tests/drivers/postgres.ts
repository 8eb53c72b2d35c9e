import { randomBytes } from "node:crypto";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { Client } from "pg";
import { startPostgres, type Postgres } from "../../local/postgres/postgres.ts";

/** More than the servers of all tests have that run at the same time. */
const MAX_CONNECTIONS = 200;

/** How the processes of mocha learn where the PostgreSQL of the run is. */
const URL_VARIABLE = "TEST_POSTGRES_URL";

let ofRun: Postgres | undefined;

/** Starts the PostgreSQL that all tests of a run use, each with databases of its own. */
export async function startPostgresOfRun(): Promise<void> {
  ofRun = await startPostgres({ ephemeral: true }, MAX_CONNECTIONS);
  process.env[URL_VARIABLE] = ofRun.url;
}

export async function stopPostgresOfRun(): Promise<void> {
  await ofRun?.stop();
}

/** The PostgreSQL of a test file. */
export interface TestPostgres {
  /** URL of a database that no other test has. */
  newDatabase(): Promise<string>;
}

/** Gives the tests of a `describe` databases, which are removed at its end. */
export function usePostgres(): TestPostgres {
  const made: string[] = [];
  after(async () => {
    for (const url of made) {
      const name = new URL(url).pathname.slice(1);
      await queryRows(urlOfRun(), `drop database ${name} with (force)`);
    }
  });
  return {
    newDatabase: async () => {
      const url = await newDatabase(urlOfRun());
      made.push(url);
      return url;
    },
  };
}

function urlOfRun(): string {
  const url = process.env[URL_VARIABLE];
  if (url === undefined) {
    throw new Error("there is no PostgreSQL: run mocha with --require tests/support/hooks.ts");
  }
  return url;
}

/** Makes a database; its URL. */
export async function newDatabase(postgresUrl: string): Promise<string> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  await queryRows(postgresUrl, `create database ${name}`);
  const url = new URL(postgresUrl);
  url.pathname = name;
  return url.href;
}

/** Rows of a statement, on a connection of its own. */
export async function queryRows<Row>(
  url: string,
  sql: string,
  parameters: unknown[] = [],
): Promise<Row[]> {
  const client = new Client(url);
  await client.connect();
  try {
    const { rows } = await client.query(sql, parameters);
    return rows as Row[];
  } finally {
    await client.end();
  }
}

/** The network between a server and its PostgreSQL, which tests can break. */
export interface Relay {
  /** Of the same database, through the relay. */
  url: string;
  /** Lets nothing through any more, on connections new and old, without a word. */
  hang(): void;
  /** Closes every connection, and new ones at once. */
  refuse(): void;
  /** Forwards new connections again; those that hang stay so. */
  heal(): void;
  /** Lets the next statement that has `word` reach PostgreSQL, and cuts the connection when it is answered. */
  cutAnswerTo(word: string): void;
  close(): Promise<void>;
}

const relays = new Set<Relay>();

/** Closes the relays of a test, also of a failed one, because clients would keep waiting for them. */
export async function closeRelays(): Promise<void> {
  await Promise.all([...relays].map((relay) => relay.close()));
}

/** Starts a relay to the PostgreSQL of a URL. */
export async function startRelay(url: string): Promise<Relay> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let mode: "open" | "hanging" | "refusing" = "open";
  let cutAfter: string | undefined;
  const cutAll = (): void => sockets.forEach((socket) => socket.destroy());
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    const link = { isHanging: false, isCut: false };
    const isHanging = (): boolean => (link.isHanging ||= mode === "hanging");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        near.destroy();
        far.destroy();
        sockets.delete(socket);
      });
    }
    near.on("data", (data) => {
      if (cutAfter !== undefined && data.includes(cutAfter)) {
        cutAfter = undefined;
        link.isCut = true;
      }
      if (!isHanging()) {
        far.write(data);
      }
    });
    far.on("data", (data) => {
      if (link.isCut) {
        near.resetAndDestroy();
      } else if (!isHanging()) {
        near.write(data);
      }
    });
    if (mode === "refusing") {
      near.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const through = new URL(url);
  through.port = String((server.address() as AddressInfo).port);
  const relay: Relay = {
    url: through.href,
    hang: () => (mode = "hanging"),
    refuse: () => {
      mode = "refusing";
      cutAll();
    },
    heal: () => (mode = "open"),
    cutAnswerTo: (word) => (cutAfter = word),
    close: () => {
      relays.delete(relay);
      cutAll();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  relays.add(relay);
  return relay;
}
