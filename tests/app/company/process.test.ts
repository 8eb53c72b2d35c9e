import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext, TLSSocket } from "node:tls";
import { sentenceOf } from "../../../app/contract/fault.ts";
import { DATABASE_RULES } from "../../../app/common/database/database.ts";
import { checkSettings } from "../../../app/contract/settings.ts";
import { makeCertificate } from "../../support/certificate.ts";
import { create } from "../../drivers/companyServer.ts";
import { endRuns, runNode, type Run } from "../../drivers/localRun.ts";
import { usePostgres } from "../../drivers/postgres.ts";
import { waitFor } from "../../drivers/waitFor.ts";

const URL_RULE =
  "it must be a URL with user, password, host and database, percent-encoded and without parameters, " +
  "because DATABASE_TLS configures TLS (for example postgres://registry:secret@localhost:5432/registry)";

const start = (env: NodeJS.ProcessEnv): Run =>
  runNode("app/main.ts", [], {
    APP: "company",
    PORT: "0",
    HOST: "127.0.0.1",
    REPLICA_NAME: "company-0",
    DRAIN_SECONDS: "0",
    ...env,
  });

const portOf = ({ out }: Run): string => /"port":(\d+)/.exec(out)?.[1] ?? "";

describe("company registry settings", () => {
  afterEach(endRuns);

  it("are reported with their rules if they are invalid, without the password", async () => {
    const run = start({ DATABASE_URL: "postgres://a:hunter2@db", DATABASE_TLS: "on", PORT: "x" });
    equal(await run.ended, 2);
    deepEqual(run.err.split("\n"), [
      'PORT is "x"; it must be a whole number from 0 to 65535 (for example 8080)',
      `DATABASE_URL is set (secret, not shown); ${URL_RULE}`,
      'DATABASE_TLS is "on"; it must be verify or off (for example verify)',
      "",
    ]);
  });

  it("are reported if they are missing", async () => {
    const run = start({});
    equal(await run.ended, 2);
    equal(run.err, `DATABASE_URL is not set; ${URL_RULE}\n`);
  });

  for (const [text, parts] of [
    [
      "postgres://registry:secret@db.example.com/companies",
      ["db.example.com", 5432, "registry", "secret", "companies"],
    ],
    [
      "postgresql://a%40b:%3A%2F%20%25@10.0.0.1:6432/x%20y",
      ["10.0.0.1", 6432, "a@b", ":/ %", "x y"],
    ],
    ["postgres://a:b@[::1]:5433/c", ["::1", 5433, "a", "b", "c"]],
  ] as const) {
    it(`accept ${text}, with verified TLS by default`, () => {
      const { values, faults } = checkSettings(DATABASE_RULES, { DATABASE_URL: text });
      deepEqual(faults, []);
      const [host, port, user, password, database] = parts;
      deepEqual(values.DATABASE_URL, { host, port, user, password, database });
      equal(values.DATABASE_TLS, "verify");
    });
  }

  for (const text of [
    "",
    "db.example.com",
    "https://a:b@c/d",
    "postgres://c/d",
    "postgres://a@c/d",
    "postgres://:b@c/d",
    "postgres://a:b@c",
    "postgres://a:b@c/",
    "postgres://a:b@/d",
    "postgres://a:b@c/d/e",
    "postgres://a:b@c:99999/d",
    "postgres://a:%ff@c/d",
    "postgres://a:b@c/d?sslmode=disable",
    "postgres://a:b@c/d#e",
  ]) {
    it(`reject ${JSON.stringify(text)} as a database URL`, () => {
      const { faults } = checkSettings(DATABASE_RULES, { DATABASE_URL: text });
      deepEqual(faults.map(sentenceOf), [`DATABASE_URL is set (secret, not shown); ${URL_RULE}`]);
    });
  }
});

describe("company registry process", () => {
  const postgres = usePostgres();
  const servers = new Set<Server>();
  let certificate = "";

  before(() => {
    certificate = mkdtempSync(join(tmpdir(), "company-tls-"));
    makeCertificate(certificate);
  });

  after(() => rmSync(certificate, { recursive: true }));

  afterEach(async () => {
    await endRuns();
    servers.forEach((server) => server.close());
    servers.clear();
  });

  /** Puts a server in front of PostgreSQL, and returns the URL of the database through it. */
  const listen = async (
    target: URL,
    joined: (near: Socket, far: Socket) => void,
  ): Promise<string> => {
    const server = createServer((near) => {
      const far = connect(Number(target.port), target.hostname);
      near.on("error", () => far.destroy());
      far.on("error", () => near.destroy());
      joined(near, far);
    });
    servers.add(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = new URL(target);
    url.port = String((server.address() as AddressInfo).port);
    return url.href;
  };

  it("serves, drains on SIGTERM, exits with status 0, and never logs the password", async () => {
    const url = await postgres.newDatabase();
    const run = start({ DATABASE_URL: url, DATABASE_TLS: "off", LOG_LEVEL: "debug" });
    await waitFor("it is ready", () => run.out.includes('"phase":"ready"'));
    const answer = await create(`http://127.0.0.1:${portOf(run)}`, {
      legalName: "A",
      businessNumber: "HRB 1",
    });
    equal(answer.status, 201);
    equal(answer.headers.get("X-Replica"), "company-0");
    run.child.kill("SIGTERM");
    equal(await run.ended, 0);
    equal(run.err, "");
    ok(!run.out.includes(new URL(url).password));
  });

  it("exits if it lacks the permission to create its tables, and logs the reason", async () => {
    const url = new URL(await postgres.newDatabase());
    url.password = "hunter2";
    const run = start({ DATABASE_URL: url.href, DATABASE_TLS: "off" });
    equal(await run.ended, 1);
    match(run.err, /password authentication failed for user/);
    ok(!(run.out + run.err).includes("hunter2"));
  });

  it("sends nothing to a PostgreSQL without TLS by default", async () => {
    const target = new URL(await postgres.newDatabase());
    const heard: Buffer[] = [];
    const url = await listen(target, (near, far) => {
      near.on("data", (data) => heard.push(data));
      near.pipe(far).pipe(near);
    });
    const run = start({ DATABASE_URL: url });
    await waitFor("it was refused", () => run.out.includes("does not support SSL"));
    // The SSLRequest, once or more, and nothing else.
    match(Buffer.concat(heard).toString("hex"), /^(0000000804d2162f)+$/);
  });

  for (const [what, host, trusts, isReady] of [
    ["takes a certificate that is trusted and has the host's name", "localhost", true, true],
    ["refuses a certificate that nobody trusts", "localhost", false, false],
    ["refuses a certificate of another host", "127.0.0.1", true, false],
  ] as const) {
    it(what, async () => {
      const target = new URL(await postgres.newDatabase());
      const url = new URL(await listen(target, tlsInFront(certificate)));
      url.hostname = host;
      const run = start({
        DATABASE_URL: url.href,
        // A variable that may be set for other programs must not weaken TLS.
        NODE_TLS_REJECT_UNAUTHORIZED: "0",
        PGSSLMODE: "no-verify",
        ...(trusts && { NODE_EXTRA_CA_CERTS: join(certificate, "cert.pem") }),
      });
      await waitFor("it is known", () => /"phase":"ready"|cannot migrate yet/.test(run.out));
      equal(run.out.includes('"phase":"ready"'), isReady);
      equal(/certificate|altnames/.test(run.out), !isReady);
    });
  }
});

/** Accepts PostgreSQL's SSLRequest, and terminates TLS. */
function tlsInFront(folder: string): (near: Socket, far: Socket) => void {
  const [cert, key] = ["cert.pem", "key.pem"].map((file) => readFileSync(join(folder, file)));
  const secureContext = createSecureContext({ cert, key });
  return (near, far) => {
    near.once("data", () => {
      const secure = new TLSSocket(near, { isServer: true, secureContext });
      secure.on("error", () => far.destroy());
      near.write("S");
      secure.pipe(far).pipe(secure);
    });
  };
}
