import { deepEqual, equal, ok } from "node:assert/strict";
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleServer } from "../../app/bundle.ts";
import { APP_NAMES, type AppName } from "../../app/contract/catalogue.ts";
import { closeEditors } from "../drivers/documentEditor.ts";
import { newDocument } from "../drivers/documentServer.ts";
import { childrenOf, endRuns, environmentOf, runNode, type Run } from "../drivers/localRun.ts";
import { usePostgres } from "../drivers/postgres.ts";
import { waitFor } from "../drivers/waitFor.ts";
import { endRaw, hello, refusalOf, updateFrame } from "../support/documentFrames.ts";
import { base, crowded } from "./document/documentAttacks.ts";

const DOCKERFILE = readFileSync("app/Dockerfile", "utf8");

/** Arguments of Node.js in the image. */
const [, ...ARGUMENTS] = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(DOCKERFILE)?.[1] ?? "[]") as string[];

/** Runs the files of the image in a folder without sources and libraries; a container is more than this shows. */
describe("the image", () => {
  const postgres = usePostgres();
  let image = "";
  let database = "";

  before(async () => {
    await bundleServer();
    image = mkdtempSync(join(tmpdir(), "image-"));
    for (const [, source = "", target = ""] of DOCKERFILE.matchAll(
      /^COPY --from=build \/app\/(\S+) (\S+)$/gm,
    )) {
      cpSync(join("app", source), join(image, target), { recursive: true });
    }
    database = await postgres.newDatabase();
  });

  afterEach(() => {
    closeEditors();
    endRaw();
    return endRuns();
  });

  after(() => rmSync(image, { recursive: true }));

  async function start(
    app: AppName,
    folder = image,
    env: NodeJS.ProcessEnv = {},
  ): Promise<Run & { url: string }> {
    const [first = "", ...others] = ARGUMENTS.map((each) =>
      each.startsWith("-") ? each : join(folder, each),
    );
    const run = runNode(first, others, {
      ...{ APP: app, HOST: "127.0.0.1", PORT: "0", DRAIN_SECONDS: "0" },
      ...{ DATABASE_URL: database, DATABASE_TLS: "off" },
      ...env,
    });
    await waitFor(`${app} is ready`, () => run.out.includes('"phase":"ready"'));
    const port = /"port":(\d+)/.exec(run.out)?.[1] ?? "";
    return Object.assign(run, { url: `http://127.0.0.1:${port}` });
  }

  async function stop(run: Run): Promise<void> {
    run.child.kill("SIGTERM");
    equal(await run.ended, 0);
    equal(run.err, "");
  }

  for (const app of APP_NAMES) {
    it(`has everything that ${app} needs to serve its page and to exit with status 0`, async () => {
      const run = await start(app);
      const page = await (await fetch(run.url)).text();
      const files = [...page.matchAll(/(?:src|href)="\/?([\w.-]+\.(?:js|css))"/g)];
      ok(files.length >= 2);
      for (const path of ["healthz", "readyz", ...files.map(([, file = ""]) => file)]) {
        equal((await fetch(`${run.url}/${path}`)).status, 200, path);
      }
      await stop(run);
    });
  }

  it("serves SockJS without a warning", async () => {
    const run = await start("echo");
    const opened = await fetch(`${run.url}/echo/000/a-session/xhr`, { method: "POST" });
    equal(await opened.text(), "o\n");
    await stop(run);
  });

  it("generates the description of the company registry", async () => {
    const run = await start("company");
    const description = (await (await fetch(`${run.url}/openapi.json`)).json()) as object;
    ok("paths" in description);
    await stop(run);
  });

  it("tries costly updates of a document in the bundled process", async () => {
    const run = await start("document");
    const id = await newDocument(run.url);
    const frames = [base(), crowded(8000)].map((each) => updateFrame(id, each));
    equal((await refusalOf(run.url, id, [hello(id), ...frames]))?.code, 4007);
    const [worker = 0, ...others] = childrenOf(run.child.pid ?? 0);
    deepEqual(others, []);
    ok(readFileSync(`/proc/${worker}/cmdline`, "utf8").includes(`${image}/dist/server/worker.mjs`));
    ok(!environmentOf(worker).includes("DATABASE_URL"));
    await stop(run);
  });

  it("loads Node.js's own modules only when they are used", () => {
    const files = globSync("dist/server/*.mjs", { cwd: image });
    const imports = files.flatMap((file) => [
      ...readFileSync(join(image, file), "utf8").matchAll(
        /\bimport ?[{*][^"]*from ?"([^."][^"]*)"/g,
      ),
    ]);
    deepEqual([...new Set(imports.map(([, name]) => name))], ["node:module"]);
  });

  it("has the licence of every library in it", () => {
    const licences = readFileSync(join(image, "dist/server/THIRD-PARTY-LICENSES.txt"), "utf8");
    const { dependencies } = JSON.parse(readFileSync("app/package.json", "utf8")) as {
      dependencies: Record<string, string>;
    };
    deepEqual(
      Object.entries(dependencies).filter((each) => !licences.includes(`\n${each.join(" ")}\n`)),
      [],
    );
  });

  it("has compiled code for all that an app loads when it starts", async () => {
    const compiled = mkdtempSync(join(tmpdir(), "compiled-"));
    const written = (): [string, number][] =>
      globSync("**", { cwd: compiled }).map((file) => [
        file,
        statSync(join(compiled, file)).mtimeMs,
      ]);
    const run = runNode("app/precompile.ts", [], { NODE_COMPILE_CACHE: compiled });
    equal(await run.ended, 0);
    const before = written();
    ok(before.length > 10);
    for (const app of APP_NAMES) {
      await stop(await start(app, "app", { NODE_COMPILE_CACHE: compiled }));
    }
    // Otherwise, Node.js would have written it when it exited.
    deepEqual(written(), before);
    rmSync(compiled, { recursive: true });
  });
});
