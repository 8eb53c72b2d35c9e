import { deepEqual, equal, ok } from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import {
  endRuns,
  environmentOf,
  isAlive,
  parentOf,
  processesWith,
  replicasOf,
  runNode,
  type Run,
} from "../drivers/localRun.ts";
import { waitFor } from "../drivers/waitFor.ts";

/** What a shell may have: a setting of the echo, and what is nobody's affair here. */
const SHELL = {
  MAX_SESSIONS: "77",
  AWS_SECRET_ACCESS_KEY: "secret",
  DATABASE_URL: "postgres://a:secret@b/c",
};

describe("the PostgreSQL of npm start", function () {
  this.timeout(120_000);

  let folder: string;
  let run: Run;

  const start = (): Run =>
    runNode(
      "local/main.ts",
      [
        ...["--workloads", "echo,company,document", "--port", "0", "--replicas", "1"],
        ...["--drain", "0.2", "--data", folder],
      ],
      SHELL,
    );

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "local-database-"));
    run = start();
    await waitFor("it is ready", () => run.out.endsWith("replicas\n"));
  });

  after(async () => {
    await endRuns();
    rmSync(folder, { recursive: true, force: true });
  });

  /** PostgreSQL's own processes on these data. */
  const servers = (): number[] => processesWith(`-D\0${folder}/data\0`);

  const starterOf = (server: number): number => parentOf(server) ?? 0;

  async function nextServer(...before: number[]): Promise<number> {
    const next = (): number | undefined => servers().find((pid) => !before.includes(pid));
    await waitFor("PostgreSQL is started", () => next() !== undefined);
    return next() ?? 0;
  }

  const replicas = (): Map<string, number> => replicasOf({ pid: run.child.pid ?? 0 });

  /** Of the environment of a workload's replica; none of one that is being replaced, too. */
  function variableOf(app: string, name: string): string | undefined {
    const variables = environmentOf(replicas().get(`${app}-00001`) ?? 0).split("\0");
    return variables.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
  }

  async function create(businessNumber: string): Promise<number> {
    const [, company = ""] = [...run.out.matchAll(/http:\S+/g)].map(([origin]) => origin);
    const { status } = await fetch(`${company}/companies`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ legalName: "Acme", businessNumber }),
    });
    return status;
  }

  const keepsCompanies = async (businessNumber: string): Promise<void> => {
    await waitFor("companies are kept again", async () => {
      const status = await create(businessNumber);
      return status === 201 || status === 409;
    });
    equal(await create("DE1"), 409);
  };

  it("gives each app its own role and nothing else of the environment, and the echo no role", async () => {
    equal(await create("DE1"), 201);
    equal(variableOf("echo", "DATABASE_URL"), undefined);
    equal(variableOf("echo", "DATABASE_TLS"), undefined);
    equal(variableOf("echo", "MAX_SESSIONS"), "77");
    for (const app of ["company", "document"]) {
      const client = new Client(variableOf(app, "DATABASE_URL"));
      await client.connect();
      const { rows } = await client.query(
        "select current_user as name, usesuper from pg_user where usename = current_user",
      );
      deepEqual(rows, [{ name: app, usesuper: false }]);
      await client.end();
    }
    const [server = 0] = servers();
    for (const pid of [...replicas().values(), server, starterOf(server)]) {
      ok(!environmentOf(pid).includes("secret"));
    }
  });

  it("is restarted, also if it and its parent are killed before it is ready", async () => {
    const first = await nextServer();
    process.kill(first, "SIGKILL");
    const second = await nextServer(first);
    process.kill(second, "SIGKILL");
    const third = await nextServer(first, second);
    process.kill(starterOf(third), "SIGKILL");
    await waitFor("nothing of it is left", () => !isAlive(third));
    await keepsCompanies("DE2");
    equal(servers().length, 1);
    equal(run.child.exitCode, null);
  });

  it("is reached on another port if its own was taken meanwhile", async () => {
    const portOf = (app: string): string =>
      new URL(variableOf(app, "DATABASE_URL") ?? "http://replaced").port;
    const port = portOf("company");
    process.kill(await nextServer(), "SIGKILL");
    const other = await take(Number(port));
    try {
      await waitFor("the replicas are replaced", () =>
        ["company", "document"].every((app) => !["", port].includes(portOf(app))),
      );
      await keepsCompanies("DE3");
      equal(portOf("document"), portOf("company"));
    } finally {
      other.close();
    }
  });

  it("shuts down cleanly at the end, and while it starts", async () => {
    run.child.kill("SIGTERM");
    equal(await run.ended, 0);
    equal(existsSync(join(folder, "data", "postmaster.pid")), false);

    const starting = start();
    await nextServer();
    starting.child.kill("SIGTERM");
    equal(await starting.ended, 0);
    equal(starting.out, "");
    deepEqual(servers(), []);
    equal(existsSync(join(folder, "data", "postmaster.pid")), false);
  });
});

/** Listens where a PostgreSQL was that is about to end. */
async function take(port: number): Promise<Server> {
  const server = createServer();
  const listens = (): Promise<boolean> =>
    new Promise((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
  await waitFor("its port is free", listens);
  return server;
}
