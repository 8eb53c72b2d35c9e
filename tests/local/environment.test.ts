import { deepEqual, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { appEnvironment, childEnvironment, COMPILE_CACHE } from "../../local/environment.ts";

/** What the run itself sets for each replica, or a replica of it does not need. */
const OF_THE_RUN = [
  ...["APP", "PORT", "METRICS_PORT", "HOST", "REPLICA_NAME", "DRAIN_SECONDS"],
  ...["IDLE_TIMEOUT_SECONDS", "BEHIND_TLS"],
  ...["DATABASE_URL", "DATABASE_TLS"],
];

/** The variables of the apps, as docs/apps.md lists them. */
function documented(): string[] {
  const page = readFileSync(new URL("../../docs/apps.md", import.meta.url), "utf8");
  const [, table = ""] = /\n\| variable [^\n]*\n([^]*?)\n\n/.exec(page) ?? [];
  const cells = table.split("\n").map((row) => row.split("|")[1] ?? "");
  return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name));
}

describe("the environment of what npm start starts", () => {
  const before = process.env;

  afterEach(() => {
    process.env = before;
  });

  it("has all settings of the apps, in replicas only", () => {
    const settings = documented().filter((name) => !OF_THE_RUN.includes(name));
    ok(settings.length > 5);
    process.env = Object.fromEntries(settings.map((name) => [name, `of ${name}`]));
    const passed = appEnvironment();
    deepEqual(
      settings.filter((name) => passed[name] !== `of ${name}`),
      [],
    );
    const others = childEnvironment();
    deepEqual(
      settings.filter((name) => name in others),
      [],
    );
  });

  it("has what Node.js needs, and nothing else", () => {
    const needed = {
      ...{ PATH: "/bin", TZ: "UTC" },
      ...{ NODE_OPTIONS: "--no-warnings", NODE_COMPILE_CACHE: "/cache" },
    };
    process.env = {
      ...needed,
      ...{ AWS_SECRET_ACCESS_KEY: "a", PULUMI_CONFIG_PASSPHRASE: "b", NODE_AUTH_TOKEN: "c" },
      ...{ DATABASE_URL: "d", PGPASSWORD: "e", PORT: "f", npm_config__auth: "g" },
    };
    for (const environment of [childEnvironment(), appEnvironment()]) {
      deepEqual(environment, needed);
    }
  });

  it("lets replicas of the apps share compiled code, but not other programs", () => {
    process.env = {};
    deepEqual(appEnvironment(), { NODE_COMPILE_CACHE: COMPILE_CACHE });
    deepEqual(childEnvironment(), {});
  });
});
