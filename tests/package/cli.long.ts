import { deepEqual, equal, match, ok } from "node:assert/strict";
import { existsSync, globSync, readFileSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { endRuns, runNode } from "../drivers/localRun.ts";
import { waitFor } from "../drivers/waitFor.ts";
import { anyReplica, bySource, startFront } from "../verify/front.ts";
import { startReplicas } from "../verify/replicas.ts";
import { stopServers } from "../verify/servers.ts";
import { install, INSTALLED, PROJECT, runIn, sockjsSticky } from "./installedCli.ts";

/** Bytes that the installed package may take. */
const MAX_SIZE = 4_000_000;

/** A process for each: all SockJS servers of a process share their sessions. */
const PLAIN_SOCKJS = "tests/balancers/plainSockjs.ts";

const CLI = "packages/cli";

type Schema = Parameters<typeof z.fromJSONSchema>[0];

/** Enough for a verdict. */
const SHORT = ["--sources", "20", "--sessions", "30", "--duration", "4", "--rate", "8"];

const KINDS: [string, (port: number) => string[]][] = [
  ["http", (port) => [`http://127.0.0.1:${port}/`, "--kind", "http"]],
  ["sse", (port) => [`http://127.0.0.1:${port}/events`, "--kind", "sse"]],
  ["websocket", (port) => [`ws://127.0.0.1:${port}/`, "--replica", "json:server.name"]],
  ["socketio", (port) => [`http://127.0.0.1:${port}/socket.io/`]],
];

const read = (...path: string[]): string => readFileSync(join(...path), "utf8");

interface Manifest {
  version: string;
  engines?: { node?: string };
}

const manifestIn = (...path: string[]): Manifest =>
  JSON.parse(read(...path, "package.json")) as Manifest;

function filesOf(folder: string): string[] {
  return globSync("**", { cwd: folder }).filter((file) => statSync(join(folder, file)).isFile());
}

describe("sockjs-sticky", () => {
  before(install);
  afterEach(endRuns);
  afterEach(stopServers);
  after(() => rmSync(PROJECT, { recursive: true }));

  it("installs nothing but itself, and little of it", () => {
    deepEqual(globSync("*", { cwd: join(PROJECT, "node_modules") }), ["sockjs-sticky"]);
    const files = filesOf(INSTALLED);
    deepEqual(files.filter((file) => !/^lib\/[\w-]+\.js$/.test(file)).toSorted(), [
      "LICENSE",
      "README.md",
      "THIRD-PARTY-LICENSES.txt",
      "package.json",
      "report.schema.json",
    ]);
    const size = files.reduce((sum, file) => sum + statSync(join(INSTALLED, file)).size, 0);
    ok(size < MAX_SIZE, `${size} bytes`);
  });

  it("has the licences of what is bundled, with the versions that were tested", () => {
    const licences = read(INSTALLED, "THIRD-PARTY-LICENSES.txt");
    const { packages } = JSON.parse(read("package-lock.json")) as {
      packages: Record<string, { version: string }>;
    };
    for (const name of ["commander", "socket.io-client", "ws", "zod"]) {
      const version = packages[`node_modules/${name}`]?.version;
      ok(licences.includes(`\n${name} ${String(version)}\n\n`), name);
    }
    ok(licences.split("\n---").length > 15);
  });

  it("needs the Node.js that its libraries need", () => {
    const licences = read(INSTALLED, "THIRD-PARTY-LICENSES.txt");
    const needed = [...licences.matchAll(/^-{80}\n(\S+) /gm)].map(
      ([, name = ""]) => manifestIn("node_modules", name).engines?.node ?? "",
    );
    const simple = needed.filter((range) => /^>=[\d.]+$/.test(range));
    const latest = simple.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1);
    equal(manifestIn(INSTALLED).engines?.node, latest);
  });

  it("has help and a version", async () => {
    const { version } = manifestIn(INSTALLED);
    deepEqual(await sockjsSticky("--version"), { code: 0, out: `${version}\n`, err: "" });
    const top = await sockjsSticky("--help");
    equal(top.code, 0);
    match(top.out, /^Usage: sockjs-sticky verify /);
    const help = await sockjsSticky("verify", "--help");
    equal(help.code, 0);
    match(help.out, /^Usage: sockjs-sticky verify \[options\] <url>\n/);
    match(help.out, /^ {4}\$ sockjs-sticky verify https:/m);
  });

  const refusals: [string[], RegExp][] = [
    [
      [],
      /^sockjs-sticky was not understood: missing command; it must be called with verify, .*\n$/,
    ],
    [["very"], /^sockjs-sticky was not understood: unknown command "very"; it must be .*\n$/],
    [["verify", "--bogus"], /^sockjs-sticky verify was not understood: unknown option '--bog.*\n$/],
    [["verify", "echo"], /^URL is "echo"; it must be an http, https, ws or wss URL .*\n$/],
  ];
  for (const [args, message] of refusals) {
    it(`exits with status 2 and one line for ${JSON.stringify(args)}`, async () => {
      const { code, out, err } = await sockjsSticky(...args);
      equal(code, 2);
      equal(out, "");
      match(err, message);
    });
  }

  it("names the Node.js that it needs, if it runs on an older one", async () => {
    const versions = 'Object.defineProperty(process, "versions", { value: { node: "22.9.1" } })';
    const older = `data:text/javascript,${encodeURIComponent(versions)}`;
    const main = join(INSTALLED, "lib/main.js");
    const { code, err } = await runIn("node", "--import", older, main, "verify", "http://a/");
    equal(code, 2);
    equal(err, 'Node.js is "22.9.1"; it must be 22.12.0 or later\n');
  });

  /** Fails unless the command tells two fronts of these replicas apart. */
  async function judgeFronts(ports: number[], argsFor: (port: number) => string[]): Promise<void> {
    const fronts = [bySource, anyReplica].map((policy) => startFront(ports, policy));
    const [sticky, spreading] = await Promise.all(
      fronts.map(async (front) => sockjsSticky("verify", ...argsFor((await front).port), ...SHORT)),
    );
    match(sticky?.out ?? "", /\nsticky: none of \d+ /);
    equal(sticky?.code, 0);
    match(spreading?.out ?? "", /\nnot sticky: \d+ of \d+ /);
    equal(spreading?.code, 1);
  }

  for (const [kind, argsFor] of KINDS) {
    it(`tells a sticky front of ${kind} from another one`, async () => {
      await judgeFronts(await startReplicas(["app-0", "app-1"]), argsFor);
    });
  }

  it("tells a sticky front of sockjs from another one", async () => {
    const servers = [runNode(PLAIN_SOCKJS, []), runNode(PLAIN_SOCKJS, [])];
    await waitFor("both listen", () => servers.every(({ out }) => out.endsWith("\n")));
    await judgeFronts(
      servers.map(({ out }) => Number(out)),
      (port) => [`http://127.0.0.1:${port}/echo`],
    );
  });

  it("exits with status 3 if nothing listens", async () => {
    equal((await sockjsSticky("verify", "ws://127.0.0.1:9/")).code, 3);
  });

  describe("reports", () => {
    const files = ["--json", "report.json", "--html", "report.html", "--junit", "junit.xml"];

    before(async () => {
      const { port } = await startFront(await startReplicas(["app-0", "app-1"]), anyReplica);
      const url = `http://127.0.0.1:${port}/`;
      const run = await sockjsSticky("verify", url, "--kind", "http", ...SHORT, ...files);
      equal(run.code, 1, run.err);
    });

    it("as JSON by the schema that is in the package", () => {
      const schema = JSON.parse(read(INSTALLED, "report.schema.json")) as Schema;
      const report = JSON.parse(read(PROJECT, "report.json")) as Record<string, unknown>;
      const parser = z.fromJSONSchema(schema);
      deepEqual(parser.parse(report), report);
      ok(!parser.safeParse({ ...report, verdict: undefined }).success);
    });

    it("as a page", () => {
      const page = read(PROJECT, "report.html");
      match(page, /not sticky/);
      ok(page.endsWith("</html>\n"));
    });

    it("as JUnit XML by the schema of Jenkins", async () => {
      const schema = resolve("tests/package/junit-10.xsd");
      const { code, err } = await runIn("xmllint", "--noout", "--schema", schema, "junit.xml");
      equal(code, 0, err);
      match(read(PROJECT, "junit.xml"), / tests="2" failures="1" errors="0" /);
    });
  });

  it("has an image of what is packed", () => {
    const [, copied = ""] = /^COPY (\S+) /m.exec(read(CLI, "Dockerfile")) ?? [];
    ok(existsSync(join(CLI, copied, "package.json")));
    deepEqual(filesOf(join(CLI, copied)).toSorted(), filesOf(INSTALLED).toSorted());
  });
});
