import * as fs from "node:fs";
import { join } from "node:path";

/** The folder of an initialisation, with the id of its process; earlier versions had no id. */
const PART = /^data\.part(?:\.(\d+))?$/;

/** The file in which the package passes the password to initdb. */
const HANDED_PASSWORD = /^pg-password-\w+$/;

/** The folder that initdb creates first; earlier versions initialised directly in the part. */
const FIRST_OF_INITDB = "pg_wal";

const PASSWORD = "password";
const PASSWORD_LENGTH = 32;

/** The files in a data folder: PostgreSQL's own, and the password of its superuser. */
export function dataFiles(folder: string): { data: string; password: string } {
  return { data: join(folder, "data"), password: join(folder, PASSWORD) };
}

/** The folder in which this process initialises the data first: PostgreSQL could not start on a half of them. */
export function partOf(folder: string): string {
  return join(folder, `data.part.${process.pid}`);
}

/**
 * Names of the files in a folder that are not ours: none if it is missing or empty, has data, or has only leftovers of an
 * interrupted initialisation.
 *
 * @throws Error of the system, with `code`, when it cannot be read
 */
export function foreignFiles(folder: string): string[] {
  if (!fs.existsSync(folder)) {
    return [];
  }
  const files = fs.readdirSync(folder);
  const hasData = isFolder(dataFiles(folder).data) && files.includes(PASSWORD);
  if (hasData && isSecret(folder, PASSWORD)) {
    return [];
  }
  const parts = files.filter((file) => isPart(folder, file));
  const isOurs = (file: string): boolean =>
    parts.length > 0 && (parts.includes(file) || isSecret(folder, file));
  return files.filter((file) => !isOurs(file));
}

/** Removes leftovers of interrupted initialisations from a folder without data, unless one of them is running. */
export function removeLeftovers(folder: string): void {
  const files = fs.readdirSync(folder);
  const parts = files.filter((file) => isPart(folder, file));
  const [live, left] = [parts.filter(isRunning), parts.filter((file) => !isRunning(file))];
  if (left.length > 0 && live.length === 0) {
    left.push(...files.filter((file) => isSecret(folder, file)));
  }
  left.forEach((file) => fs.rmSync(join(folder, file), { recursive: true }));
}

function isPart(folder: string, file: string): boolean {
  if (!PART.test(file) || !isFolder(join(folder, file))) {
    return false;
  }
  const files = fs.readdirSync(join(folder, file));
  const isOfEarlierVersion = PART.exec(file)?.[1] === undefined;
  return isOfEarlierVersion
    ? files.length === 0 || files.includes(FIRST_OF_INITDB)
    : files.every((each) => each === "data" || HANDED_PASSWORD.test(each));
}

/** Whether a file is a password that an initialisation wrote. */
function isSecret(folder: string, file: string): boolean {
  return HANDED_PASSWORD.test(file) || (file === PASSWORD && isPassword(join(folder, file)));
}

function isPassword(path: string): boolean {
  const stat = fs.lstatSync(path);
  const mayBe = stat.isFile() && stat.size === PASSWORD_LENGTH;
  return mayBe && /^[\w-]+$/.test(fs.readFileSync(path, "utf8"));
}

function isFolder(path: string): boolean {
  return fs.lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Whether the process of a part is alive; EPERM means that it is, for another user. */
function isRunning(part: string): boolean {
  try {
    return process.kill(Number(PART.exec(part)?.[1]), 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
