import { equal, ok, rejects, throws } from "node:assert/strict";
import { createAppProcess } from "../../app/process.ts";
import { SettingsError } from "../../app/contract/settings.ts";
import { cut, listed, shown } from "../../app/contract/shown.ts";
import { readOptions as readLocalOptions } from "../../local/options.ts";
import { placeOf } from "../../local/postgres/place.ts";
import { readOptions as readVerifyOptions } from "../../verify/options.ts";
import { refusal } from "./refusal.ts";
import { declarations } from "../mocks/stackConfig.ts";

/** As a file has that was pasted; with a blank, which no setting may have. */
const LONG = "x ".repeat(50_000);

/** More than a value and the words around it have. */
const LONGEST_LINE = 1500;

const LOCAL_FLAGS = ["stack", "workloads", "replicas", "port", "host", "affinity", "drain"];
const VERIFY_FLAGS = ["sessions", "transports", "sources", "duration", "rate", "scenario", "key"];

/** Environment of each app, and of all. */
const VARIABLES: readonly [app: string, variable: string][] = [
  ["echo", "PORT"],
  ["echo", "LOG_LEVEL"],
  ["echo", "ALLOWED_ORIGINS"],
  ["echo", "MAX_SESSIONS"],
  ["company", "DATABASE_TLS"],
  ["document", "MAX_DOCUMENT_BYTES"],
  [LONG, "DRAIN_SECONDS"],
];

/** Checks that a refusal names what it is about and does not repeat all of it. */
function itIsShort(message: string, name: string): void {
  ok(message.includes(name), cut(message));
  ok(message.includes("…"), cut(message));
  ok(message.length < LONGEST_LINE, `${message.length} characters about ${name}`);
}

function refused(run: () => unknown): string {
  let text = "";
  throws(run, (error) => {
    text = messageOf(error);
    return true;
  });
  return text;
}

function messageOf(error: unknown): string {
  ok(error instanceof SettingsError);
  return error.message;
}

describe("a fault about a very long value", () => {
  it("shows its beginning, whatever characters it has", () => {
    equal(shown("short"), '"short"');
    equal(shown(undefined), "undefined");
    equal(shown({ a: [1, "b"] }), '{"a":[1,"b"]}');
    equal(shown("y".repeat(300)), `"${"y".repeat(199)}…`);
    equal(cut("y".repeat(200)), "y".repeat(200));
    ok(shown("🙂".repeat(300)).isWellFormed());
  });

  it("shows the first of very many faults, and their number", () => {
    const faults = Array.from({ length: 1000 }, (_, index) => `fault ${index}`);
    const lines = listed(faults).split("\n");
    equal(lines.length, 51);
    equal(lines[49], "fault 49");
    ok(lines[50]?.includes("950"));
    equal(listed(faults.slice(0, 50)), faults.slice(0, 50).join("\n"));
  });

  const plain = Object.keys(declarations()).filter(
    (each) => each !== "workloads" && each !== "secrets",
  );
  for (const setting of plain) {
    it(`is short if it is the setting ${setting}`, async () => {
      itIsShort(await refusal({ [setting]: LONG }), `sockjs-sticky:${setting} `);
      itIsShort(await refusal({ [setting]: [LONG] }), `sockjs-sticky:${setting}`);
    });
  }

  it("is short if it is all workloads, a workload's app, or the name of a setting", async () => {
    itIsShort(await refusal({ workloads: LONG }), "sockjs-sticky:workloads ");
    itIsShort(await refusal({ [LONG]: 1 }), "sockjs-sticky:x");
    itIsShort(await refusal({ [`aws:${LONG}`]: 1 }), "aws:x");
    const workloads = [{ app: "echo", [LONG]: 1 }, { app: LONG }];
    itIsShort(await refusal({ workloads: workloads.slice(0, 1) }), "workloads[0].x");
    itIsShort(await refusal({ workloads: workloads.slice(1) }), "workloads[0].app");
  });

  for (const flag of LOCAL_FLAGS) {
    it(`is short if it is --${flag} of npm start`, () => {
      itIsShort(
        refused(() => readLocalOptions([`--${flag}`, LONG])),
        `--${flag}`,
      );
    });
  }

  for (const flag of VERIFY_FLAGS) {
    it(`is short if it is --${flag} of npm run verify`, () => {
      const args = ["http://127.0.0.1:8080/echo", `--${flag}`, LONG];
      itIsShort(
        refused(() => readVerifyOptions(args)),
        `--${flag}`,
      );
    });
  }

  it("is short if it is the folder of the local run's data", () => {
    const message = refused(() => placeOf(`/${LONG}`));
    itIsShort(message, "cannot hold PostgreSQL's data");
  });

  it("is short if it is no flag, or one too many", () => {
    itIsShort(
      refused(() => readLocalOptions([`--${LONG}`])),
      "--x",
    );
    itIsShort(
      refused(() => readVerifyOptions([LONG])),
      "URL",
    );
  });

  it("is short if it is a list of as many faults as characters", () => {
    const message = refused(() => readLocalOptions(["--affinity", ",".repeat(50_000)]));
    equal(message.split("\n").length, 51);
  });

  for (const [app, variable] of VARIABLES) {
    it(`is short if it is ${variable} in the environment of ${cut(app, 9)}`, async () => {
      const environment = { APP: app, [variable]: LONG };
      const name = app === LONG ? "APP" : variable;
      await rejects(createAppProcess(environment, 2), (error) => {
        itIsShort(messageOf(error), name);
        return true;
      });
    });
  }
});
