import type { Fault } from "../../app/contract/fault.ts";

/** A folder of data as the person named it, and where it is. */
export interface NamedFolder {
  named: string;
  folder: string;
}

/** Advice for data that this PostgreSQL cannot use; only such data may be deleted. */
const beginAnew = ({ folder }: NamedFolder): string =>
  `copy ${folder} to keep them, then delete it to begin anew, or use --ephemeral`;

/** Messages of the system for faults that leave the data intact. */
const SYSTEM_FAULT =
  "Permission denied|Operation not permitted|Too many open files|File too large|No space left|" +
  "Disk quota exceeded|Read-only file system|Cannot allocate memory|Input/output error";

/** Messages of PostgreSQL about missing or corrupt data. */
const CORRUPT =
  "is not a valid data directory|could not find the database system|incorrect checksum in control file|" +
  "could not locate .*checkpoint record|could not read file .*: read \\d+ of \\d+|contains invalid data|" +
  "could not access status of transaction|invalid page in block|required WAL directory .* does not exist|" +
  "database files are incompatible with server";

const REASON = new RegExp(`(FATAL|PANIC): |error: |${SYSTEM_FAULT}`);

/** Faults of a data folder by PostgreSQL's messages; a captured group becomes `got`. */
const FAULTS: readonly [RegExp, (place: NamedFolder, got: string) => Omit<Fault, "name">][] = [
  [
    /"postmaster\.pid" already exists[^]*\(PID (\d+)\)/,
    (_place, got) => ({
      problem: `is in use by another PostgreSQL, process ${got}`,
      mustBe: "in use by one run at a time",
      fix: "stop that run, or use --ephemeral",
    }),
  ],
  [
    /initialized by PostgreSQL version (\d+)[^]*this version (\d+)/,
    (place, got) => ({
      problem: `has data of PostgreSQL ${got}`,
      mustBe: "a folder with data of the version that runs here",
      fix: beginAnew(place),
    }),
  ],
  [
    /(No space left on device|Disk quota exceeded)/,
    (_place, got) => ({
      problem: `cannot hold PostgreSQL's data: ${got}`,
      mustBe: "a folder with at least 100 MB free",
      fix: "make room, name another one with --data, or use --ephemeral",
    }),
  ],
  [
    new RegExp(`^(?![^]*(?:${SYSTEM_FAULT}))[^]*?([^\n]*(?:${CORRUPT}).*)`),
    (place, got) => ({
      problem: `has corrupt data: ${got}`,
      mustBe: "a folder with data that PostgreSQL can read",
      fix: beginAnew(place),
    }),
  ],
];

/** Why PostgreSQL did not start. */
export function startFault(place: NamedFolder, said: string, error: unknown): Fault {
  for (const [pattern, describe] of FAULTS) {
    const got = pattern.exec(said);
    if (got !== null) {
      return { name: place.named, ...describe(place, messageIn(got[1])) };
    }
  }
  return systemFault(place.named, reasonIn(said, error));
}

/** The fault for any other reason. */
export function systemFault(named: string, reason: string): Fault {
  const line = reason.replace(/\s+/g, " ").replace(/\.$/, "");
  return {
    name: named,
    problem: `is a folder on which PostgreSQL does not start: ${line}`,
    mustBe: "a folder that PostgreSQL can use",
    fix: "correct that, or use --ephemeral",
  };
}

/** Whether a retry may succeed: leftovers of a killed run exit, and another port may be free. */
export function mayRetry(said: string, error: unknown): boolean {
  const isInTheWay = /postmaster\.pid" already exists|block .* still in use/.test(said);
  return isInTheWay || isPortTaken(said) || /^Error: SIG\w+ ended it$/.test(String(error));
}

/** Whether another program uses its port. */
export function isPortTaken(said: string): boolean {
  return said.includes("could not bind");
}

/** PostgreSQL's first error with its details; its hints would not help here. */
function reasonIn(said: string, error: unknown): string {
  const lines = said.trim().split("\n");
  const first = lines.findIndex((line) => REASON.test(line));
  if (first === -1) {
    return error instanceof Error ? error.message : lines.join(" ");
  }
  const added = lines.slice(first + 1).filter((line) => line.includes("DETAIL: "));
  return [lines[first], ...added].map(messageIn).join(". ");
}

function messageIn(line = ""): string {
  return line.replace(/^.*?(LOG|FATAL|PANIC|DETAIL|error): +/, "");
}
