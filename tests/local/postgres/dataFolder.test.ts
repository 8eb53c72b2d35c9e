import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { foreignFiles } from "../../../local/postgres/dataFolder.ts";
import { startPostgres } from "../../../local/postgres/postgres.ts";

/** As long as those that are made here. */
const PASSWORD = "p".repeat(32);

/** More than any process has. */
const NO_PROCESS = 2 ** 30;

describe("a folder for data", () => {
  let folder: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(join(tmpdir(), "data-folder-"));
  });

  afterEach(() => fs.rmSync(folder, { recursive: true }));

  /** Makes files by their paths in the folder; one without content is a folder. */
  function fill(files: Record<string, string | undefined>): void {
    for (const [path, content] of Object.entries(files)) {
      if (content === undefined) {
        fs.mkdirSync(join(folder, path), { recursive: true });
      } else {
        fs.writeFileSync(join(folder, path), content);
      }
    }
  }

  /** All that is in the folder, and whose it is. */
  function state(): unknown {
    const files = fs.readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
    return ["", ...files].map((path) => {
      const { mode, uid, ino } = fs.lstatSync(join(folder, path));
      const isFile = fs.statSync(join(folder, path)).isFile();
      return {
        path,
        mode,
        uid,
        ino,
        content: isFile && fs.readFileSync(join(folder, path), "utf8"),
      };
    });
  }

  const refused: [string, Record<string, string | undefined>, string][] = [
    ["a password of somebody else", { password: "mine" }, "password"],
    ["a password that could be ours, alone", { password: PASSWORD }, "password"],
    ["any other file", { "notes.txt": "mine" }, "notes.txt"],
    ["data of another PostgreSQL", { data: undefined, "data/PG_VERSION": "18" }, "data"],
    ["such data beside somebody's password", { data: undefined, password: "mine" }, "data"],
    ["an initialisation, beside other files", { "data.part.1": undefined, mine: "" }, "mine"],
    [
      "what only looks like an initialisation",
      { "data.part": undefined, "data.part/data": "" },
      "data.part",
    ],
    [
      "an initialisation with something else in it",
      { "data.part.1/mine": undefined },
      "data.part.1",
    ],
  ];
  for (const [title, files, named] of refused) {
    it(`is rejected with ${title}, and left unchanged`, async () => {
      fill(files);
      const before = state();
      await rejects(startPostgres({ folder }, 10), (error: Error) => {
        equal(error.name, "SettingsError");
        ok(error.message.includes(JSON.stringify(folder)), error.message);
        ok(error.message.includes(JSON.stringify(named)), error.message);
        return true;
      });
      deepEqual(state(), before);
    });
  }

  it("is rejected with a link in place of the password", () => {
    fill({ data: undefined, secret: PASSWORD });
    fs.symlinkSync(join(folder, "secret"), join(folder, "password"));
    deepEqual(foreignFiles(folder).sort(), ["data", "password", "secret"]);
  });

  const taken: [string, Record<string, string | undefined>][] = [
    ["nothing", {}],
    ["data of ours, whatever is beside them", { data: undefined, password: PASSWORD, mine: "" }],
    ["an initialisation that has just begun", { [`data.part.${NO_PROCESS}`]: undefined }],
    [
      "one that was interrupted near its end",
      {
        [`data.part.${NO_PROCESS}/data`]: undefined,
        [`data.part.${NO_PROCESS}/pg-password-x1`]: PASSWORD,
        password: PASSWORD,
      },
    ],
    [
      "one of an earlier version",
      { "data.part/pg_wal": undefined, password: PASSWORD, "pg-password-x1": PASSWORD },
    ],
  ];
  for (const [title, files] of taken) {
    it(`is accepted with ${title}`, () => {
      fill(files);
      deepEqual(foreignFiles(folder), []);
    });
  }

  it("is accepted if it does not exist yet", () => {
    deepEqual(foreignFiles(join(folder, "new")), []);
  });
});
