/** What may be wrong with a folder of data, by what PostgreSQL says of it; a group is what it got. */
const FAULTS: readonly [RegExp, (folder: string, got: string) => string][] = [
  [
    /"postmaster\.pid" already exists[^]*\(PID (\d+)\)/,
    (folder, got) =>
      `${folder} is in use by another PostgreSQL, process ${got}: allowed is one run on the same data; ` +
      "end that run, or take --ephemeral",
  ],
  [
    /initialized by PostgreSQL version (\d+)[^]*this version (\d+)/,
    (folder, got) =>
      `${folder} holds data of PostgreSQL ${got}: allowed are data of the version that runs here; ` +
      `delete ${folder} to begin anew, or take --ephemeral`,
  ],
  [
    /(No space left on device|Disk quota exceeded)/,
    (folder, got) =>
      `${folder} cannot hold PostgreSQL's data: ${got}; allowed is a folder with at least 100 MB free: make room, ` +
      "name another one by --data, or take --ephemeral",
  ],
];

/** Tells in one line, for people, why PostgreSQL did not start. */
export function faultOf(folder: string, said: string, error: unknown): string {
  for (const [pattern, faultOf] of FAULTS) {
    const got = pattern.exec(said);
    if (got !== null) {
      return faultOf(folder, got[1] ?? "");
    }
  }
  const lines = said.trim().split("\n");
  const last = lines.findLast((line) => /FATAL|PANIC|error:/.test(line)) ?? lines.at(-1);
  return (
    `${folder} cannot be used by PostgreSQL: ${last === "" ? String(error) : last}; ` +
    "allowed is a folder of data that it has made here; " +
    `put that right, delete ${folder} to begin anew, or take --ephemeral`
  );
}

/** Whether it may start a little later: leftovers of a killed run end, and a port was taken at the last moment. */
export function mayPass(said: string): boolean {
  return /postmaster\.pid" already exists|block .* still in use|could not bind/.test(said);
}
