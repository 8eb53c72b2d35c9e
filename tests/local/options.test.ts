import { deepEqual, equal, throws } from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { dirname, resolve } from "node:path";
import { readOptions } from "../../local/options.ts";
import { endRuns, runNode } from "../drivers/localRun.ts";

const FLAGS =
  "--stack <name>, --workloads <names>, --replicas <number>, --port <number>, --host <address>, " +
  "--affinity <list>, --drain <seconds>, --data <folder>, --ephemeral, --app <folder>, " +
  "--command <command>, --readiness <path>";

const FOLDER = resolve("package.json/a/data");

/** The workloads that flags choose, as `name affinity replicas`. */
function chosen(...args: string[]): string[] | undefined {
  return readOptions(args)?.workloads.map(
    ({ name, affinity, replicas }) => `${name} ${affinity} ${replicas}`,
  );
}

describe("the workloads of npm start", () => {
  it("are those of the stack dev", () => {
    deepEqual(chosen(), ["echo source-ip 3", "company cookie 3", "document cookie 3"]);
  });

  it("are the named ones, in the order of the flag", () => {
    deepEqual(chosen("--workloads", "company,echo"), ["company cookie 3", "echo source-ip 3"]);
    deepEqual(chosen("--workloads", "company"), ["company cookie 3"]);
  });

  it("all have the same number of replicas if one is given", () => {
    deepEqual(chosen("--replicas", "2"), [
      "echo source-ip 2",
      "company cookie 2",
      "document cookie 2",
    ]);
  });

  it("have an affinity by name, or one for all that support it", () => {
    deepEqual(chosen("--affinity", "company=key"), [
      "echo source-ip 3",
      "company key 3",
      "document cookie 3",
    ]);
    deepEqual(chosen("--affinity", "company=key,echo=none"), [
      "echo none 3",
      "company key 3",
      "document cookie 3",
    ]);
    deepEqual(chosen("--affinity", "none"), ["echo none 3", "company none 3", "document none 3"]);
    deepEqual(chosen("--affinity", "key"), ["echo source-ip 3", "company key 3", "document key 3"]);
    deepEqual(chosen("--affinity", "none,company=key"), [
      "echo none 3",
      "company key 3",
      "document none 3",
    ]);
  });

  it("keep their data in the repository, in a given folder, or nowhere", () => {
    equal(readOptions([])?.data, `${process.cwd()}/.data/postgres`);
    equal(readOptions(["--data", "/srv/data"])?.data, "/srv/data");
    equal(readOptions(["--ephemeral"])?.data, undefined);
  });
});

describe("npm start rejects flags", () => {
  const refusals: [string[], string][] = [
    [
      ["--bogus"],
      `npm start -- was not understood: unknown option '--bogus'; it must be called with ${FLAGS}`,
    ],
    [
      ["--workloads", "echo,nope"],
      '--workloads is "echo,nope"; it must be a comma-separated list of echo, company, document, each once (for example echo)',
    ],
    [
      ["--workloads", "echo,echo"],
      '--workloads is "echo,echo"; it must be a comma-separated list of echo, company, document, each once (for example echo)',
    ],
    [
      ["--replicas", "0"],
      '--replicas is "0"; it must be a whole number from 1 to 100 (for example 3)',
    ],
    [
      ["--port", "http"],
      '--port is "http"; it must be a whole number from 0 to 65535 (for example 8080)',
    ],
    [
      ["--port", "65535"],
      "--port is 65535; it must be at most 65533, because 3 workloads use consecutive ports, or 0 to choose free ones",
    ],
    [["--drain", "-1"], '--drain is "-1"; it must be a number from 0 to 3600 (for example 2)'],
    [
      ["--workloads", "echo", "--affinity", "cookie"],
      '--affinity is "cookie"; it must be echo=source-ip or none (for example none)',
    ],
    [
      ["--affinity", "company=source-ip"],
      '--affinity is "company=source-ip"; it must be echo=source-ip or none, company=cookie or key or none, document=cookie or key or none (for example none)',
    ],
    [
      ["--stack", "nope"],
      '--stack is "nope"; it must be a stack with a file: dev or examples or prod or staging',
    ],
    [
      ["--app", "docs"],
      '--app is "docs"; it must be a folder with a package.json that has a script start; add the script, or say how the app starts: --command',
    ],
    [
      ["--command", "node server.js", "--affinity", "key"],
      '--affinity is "key"; it must be source-ip or cookie or none without a stack file; write a stack file that says where keys are, and choose it with --stack',
    ],
    [
      ["--command", "node server.js", "--affinity", "ip"],
      '--affinity is "ip"; it must be source-ip or cookie or none without a stack file',
    ],
    [
      ["--command", "node server.js", "--readiness", "health"],
      '--readiness is "health"; it must be a path that begins with a slash, of at most 1024 letters, digits and _ . / ~ % - (for example /readyz)',
    ],
    [["--readiness", "/"], '--readiness is "/"; it must be set only with --app or --command'],
    [["--app", "nowhere"], '--app is "nowhere"; it must be an existing folder'],
    [["--command", ""], '--command is ""; it must be a command of the shell'],
    [
      ["--command", "node server.js", "--stack", "dev"],
      `npm start -- was not understood: option '--command <command>' cannot be used with option '--stack <name>'; it must be called with ${FLAGS}`,
    ],
    [
      ["--ephemeral", "--data", "/srv/data"],
      `npm start -- was not understood: option '--ephemeral' cannot be used with option '--data <folder>'; it must be called with ${FLAGS}`,
    ],
  ];
  for (const [args, message] of refusals) {
    it(args.join(" "), () => {
      throws(() => readOptions(args), { name: "SettingsError", message });
    });
  }
});

describe("npm start rejects in one line with exit status 2", () => {
  afterEach(endRuns);

  const refusals: [string[], string][] = [
    [
      ["--replicas", "0"],
      '--replicas is "0"; it must be a whole number from 1 to 100 (for example 3)',
    ],
    [
      ["--host", "192.0.2.77"],
      '--host is "192.0.2.77"; it must be an address of this computer (for example 127.0.0.1)',
    ],
    [
      ["--port", "0", "--data", "package.json/a/data"],
      `${FOLDER} cannot hold PostgreSQL's data: ENOTDIR: not a directory, mkdir '${dirname(FOLDER)}'; ` +
        "it must be a folder that this user can write; change its owner or mode, or use --ephemeral",
    ],
  ];
  for (const [args, message] of refusals) {
    it(args.join(" "), async () => {
      const run = runNode("local/main.ts", args, { LOG_LEVEL: "silent" });
      equal(await run.ended, 2);
      equal(run.out, "");
      equal(run.err, `${message}\n`);
    });
  }

  describe("a port in use", () => {
    const servers: Server[] = [];

    afterEach(() => servers.splice(0).forEach((server) => server.close()));

    async function listen(port: number): Promise<number> {
      const server = createServer().listen(port, "127.0.0.1");
      await once(server, "listening");
      servers.push(server);
      return (server.address() as AddressInfo).port;
    }

    async function refusal(...args: string[]): Promise<string> {
      const run = runNode("local/main.ts", args);
      equal(await run.ended, 2);
      return run.err;
    }

    it("of the only workload", async () => {
      const port = await listen(0);
      equal(
        await refusal("--port", String(port), "--workloads", "echo"),
        `--port is ${port}, which is in use on 127.0.0.1; it must be a free port, or 0 to choose one\n`,
      );
    });

    it("of the second workload", async () => {
      // Free a moment ago; the next one may not be, which is just as well.
      const first = await listen(0);
      const port = first + 1;
      await listen(port).catch(() => undefined);
      servers.shift()?.close();
      equal(
        await refusal("--port", String(first)),
        `--port is ${first}, but ${port}, the port of company, is in use on 127.0.0.1; ` +
          "it must be the first of 3 free ports, or 0 to choose one\n",
      );
    });
  });
});
