import { doesNotMatch, equal, match, ok, rejects } from "node:assert/strict";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sentenceOf } from "../../../app/contract/fault.ts";
import { startFault } from "../../../local/postgres/faults.ts";
import { startPostgres } from "../../../local/postgres/postgres.ts";
import { runLimited } from "../../drivers/localRun.ts";

/** Advice that only messages about lost data may contain. */
const TO_DELETE = /copy .* then delete/;

describe("PostgreSQL that does not start", () => {
  let folder: string;
  let data: string;

  before(async () => {
    folder = fs.mkdtempSync(join(tmpdir(), "postgres-faults-"));
    fs.chmodSync(folder, 0o755);
    data = join(folder, "data");
    await (await startPostgres({ folder }, 10)).stop();
  });

  after(() => fs.rmSync(folder, { recursive: true }));

  async function faultNow(): Promise<string> {
    let fault = "";
    await rejects(startPostgres({ folder }, 10), ({ name, message }: Error) => {
      equal(name, "SettingsError");
      ok(message.includes(folder), message);
      fault = message;
      return true;
    });
    return fault;
  }

  /** The same for a run with less of something than it needs. */
  async function faultWith(limit: string): Promise<string> {
    const args = ["--workloads", "company", "--port", "0", "--data", folder];
    const run = runLimited(limit, "local/main.ts", args, { LOG_LEVEL: "silent" });
    equal(await run.ended, 2);
    match(run.err, /^[^\n]+\n$/);
    return run.err;
  }

  it("reports data of another version and corrupt data, which can only be copied and deleted", async () => {
    const version = join(data, "PG_VERSION");
    const own = fs.readFileSync(version, "utf8");
    fs.writeFileSync(version, "17\n");
    const ofVersion = await faultNow();
    match(ofVersion, / 17;/);
    match(ofVersion, TO_DELETE);
    fs.writeFileSync(version, own);

    const control = join(data, "global", "pg_control");
    const whole = fs.readFileSync(control);
    fs.truncateSync(control, 100);
    const ofControl = await faultNow();
    match(ofControl, /pg_control/);
    match(ofControl, TO_DELETE);
    fs.writeFileSync(control, whole);
  });

  it("reports any other cause without suggesting to delete the data", async () => {
    fs.chmodSync(data, 0o755);
    const ofMode = await faultNow();
    match(ofMode, /invalid permissions.*0700/);
    doesNotMatch(ofMode, /delete/);
    fs.chmodSync(data, 0o700);

    // Without its WAL PostgreSQL finds no checkpoint, as where that is corrupt.
    const wal = join(data, "pg_wal");
    const [segment = ""] = fs.readdirSync(wal).filter((file) => /^[0-9A-F]{24}$/.test(file));
    fs.chmodSync(join(wal, segment), 0);
    const ofWal = await faultNow();
    match(ofWal, /Permission denied/);
    doesNotMatch(ofWal, /delete/);
    fs.chmodSync(join(wal, segment), 0o600);

    const ofFiles = await faultWith("-n 40");
    match(ofFiles, /file descriptors.* 40|System allows/);
    doesNotMatch(ofFiles, /delete/);
    const ofSize = await faultWith("-f 4");
    match(ofSize, /File too large/);
    doesNotMatch(ofSize, /delete/);
  });

  describe("is reported with its reason, without suggesting to delete the data, if PostgreSQL wrote", () => {
    const said: [string, string][] = [
      [
        'LOG:  could not open file "pg_wal/1": Too many open files\nPANIC:  could not locate a valid checkpoint record',
        "Too many open files",
      ],
      [
        'postgres: could not find the database system\nbut could not open file "global/pg_control": Permission denied',
        "Permission denied",
      ],
      [
        'FATAL:  could not access status of transaction 7\nDETAIL:  Could not read from file "pg_xact/0000": Input/output error.',
        "Input/output error",
      ],
      ['FATAL:  could not create lock file "a": Read-only file system', "Read-only file system"],
      ["FATAL:  could not create any TCP/IP sockets", "could not create any TCP/IP sockets"],
      ['FATAL:  lock file "a" is empty\nHINT:  You might need to initdb.', "is empty"],
      ["LOG:  starting", "SIGKILL ended it"],
    ];
    for (const [each, reason] of said) {
      it(JSON.stringify(each.slice(0, 60)), () => {
        const place = { named: "named", folder: "folder" };
        const fault = sentenceOf(startFault(place, each, new Error("SIGKILL ended it")));
        ok(fault.includes("named") && fault.includes(reason), fault);
        doesNotMatch(fault, /delete|initdb|\n/);
      });
    }
  });

  describe("is reported with the advice to copy and delete the data if PostgreSQL wrote", () => {
    const said = [
      'FATAL:  "/data" is not a valid data directory\nDETAIL:  File "/data/PG_VERSION" is missing.',
      "FATAL:  incorrect checksum in control file",
      'postgres: could not find the database system\nbut could not open file "global/pg_control": No such file or directory',
      "LOG:  invalid checkpoint record\nPANIC:  could not locate a valid checkpoint record at 0/17CEE18",
      'FATAL:  could not access status of transaction 7\nDETAIL:  Could not open file "pg_xact/0000": No such file or directory.',
      'FATAL:  required WAL directory "pg_wal" does not exist',
      "FATAL:  database files are incompatible with server\nDETAIL:  It has PG_CONTROL_VERSION 1300.",
    ];
    for (const each of said) {
      it(JSON.stringify(each.slice(0, 60)), () => {
        const fault = sentenceOf(
          startFault({ named: "named", folder: "/elsewhere" }, each, undefined),
        );
        match(fault, TO_DELETE);
        match(fault, /^[^\n]*named[^\n]* \/elsewhere [^\n]*$/);
      });
    }
  });
});
