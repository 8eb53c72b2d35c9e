import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyContext } from "../../../components/image/buildContext.ts";

describe("build context", () => {
  const cwd = process.cwd();
  let place = "";
  let folder = "";
  const write = (file: string, text: string): void => writeFileSync(join(folder, file), text);
  const hash = (): string => copyContext(folder).hash;

  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), "build-context-"));
    process.chdir(place);
    folder = join(place, "app");
    mkdirSync(join(folder, "lib"), { recursive: true });
    mkdirSync(join(folder, "node_modules"));
    write(".dockerignore", "node_modules\n*.log\n");
    write("Dockerfile", "FROM scratch\n");
    write("lib/a.ts", "a");
    write("node_modules/x.js", "x");
  });

  afterEach(() => {
    process.chdir(cwd);
    rmSync(place, { recursive: true });
  });

  /** What a change makes of the hash. */
  function hashesAround(change: () => void): [string, string] {
    const before = hash();
    change();
    return [before, hash()];
  }

  it("has a hash that registries accept in a tag", () => {
    match(hash(), /^[0-9a-f]{16}$/);
  });

  it("changes its hash with a file's content, name or folder, and with an added or removed file", () => {
    const changes = [
      () => write("lib/a.ts", "b"),
      () => renameSync(join(folder, "lib/a.ts"), join(folder, "lib/b.ts")),
      () => renameSync(join(folder, "lib/b.ts"), join(folder, "b.ts")),
      () => write("lib/c.ts", ""),
      () => rmSync(join(folder, "lib/c.ts")),
      () => symlinkSync("b.ts", join(folder, "c.ts")),
      () => chmodSync(join(folder, "b.ts"), 0o755),
      () => write("Dockerfile", "FROM other\n"),
    ];
    for (const change of changes) {
      notEqual(...hashesAround(change), String(change));
    }
  });

  it("keeps its hash with ignored files, other times, another umask or an empty folder", () => {
    const changes = [
      () => write("node_modules/x.js", "y"),
      () => write("npm.log", "new"),
      () => utimesSync(join(folder, "lib/a.ts"), 1, 1),
      () => chmodSync(join(folder, "lib/a.ts"), 0o600),
      () => chmodSync(join(folder, "lib"), 0o700),
      () => mkdirSync(join(folder, "empty")),
    ];
    for (const change of changes) {
      equal(...hashesAround(change), String(change));
    }
  });

  it("has the same path and hash in another clone", () => {
    const before = copyContext(folder);
    const clone = join(place, "clone");
    mkdirSync(clone);
    renameSync(folder, join(clone, "app"));
    process.chdir(clone);
    deepEqual(copyContext(join(clone, "app")), before);
    equal(existsSync(before.location), true);
  });

  it("does not confuse two files with one that contains both", () => {
    write("lib/b.ts", "b");
    notEqual(
      ...hashesAround(() => {
        rmSync(join(folder, "lib/b.ts"));
        write("lib/a.ts", `a${JSON.stringify(["lib/b.ts", "file"])}b`);
      }),
    );
  });

  it("is copied with the modes that git records", () => {
    chmodSync(join(folder, "lib/a.ts"), 0o600);
    write("run.sh", "");
    chmodSync(join(folder, "run.sh"), 0o711);
    symlinkSync("lib/a.ts", join(folder, "link"));
    const { location, hash: name } = copyContext(folder);
    equal(location, `.data/contexts/${name}`);
    const files = readdirSync(location, { recursive: true, encoding: "utf8" }).toSorted();
    deepEqual(files, [".dockerignore", "Dockerfile", "lib", "lib/a.ts", "link", "run.sh"]);
    equal(readFileSync(join(location, "lib/a.ts"), "utf8"), "a");
    const modeOf = (file: string): number => lstatSync(join(location, file)).mode & 0o777;
    deepEqual([modeOf("lib/a.ts"), modeOf("run.sh")], [0o644, 0o755]);
    equal(readlinkSync(join(location, "link")), "lib/a.ts");
  });

  it("includes the Dockerfile even if it is ignored, as Docker does", () => {
    write(".dockerignore", "node_modules\nDockerfile\n.dockerignore\n");
    notEqual(...hashesAround(() => write("Dockerfile", "FROM other\n")));
    const files = readdirSync(copyContext(folder).location);
    deepEqual(files.toSorted(), [".dockerignore", "Dockerfile", "lib"]);
  });

  it("includes the exceptions of an ignored folder", () => {
    write(".dockerignore", "node_modules\n!node_modules/x.js\n");
    notEqual(...hashesAround(() => write("node_modules/x.js", "y")));
  });

  it("prefers the Dockerfile's own ignore file to the folder's", () => {
    write("Dockerfile.dockerignore", "lib\n");
    deepEqual(readdirSync(copyContext(folder).location).includes("lib"), false);
  });

  it("includes every file if nothing is ignored", () => {
    rmSync(join(folder, ".dockerignore"));
    notEqual(...hashesAround(() => write("node_modules/x.js", "y")));
  });

  it("removes copies after a day, and drafts", () => {
    const { location: first } = copyContext(folder);
    write("lib/a.ts", "b");
    const { location: second } = copyContext(folder);
    deepEqual([existsSync(first), existsSync(second)], [true, true]);
    const twoDaysAgo = new Date(Date.now() - 2 * 24 * 60 * 60 * 1000);
    utimesSync(first, twoDaysAgo, twoDaysAgo);
    utimesSync(second, twoDaysAgo, twoDaysAgo);
    equal(copyContext(folder).location, second);
    write("lib/a.ts", "c");
    const { hash: third } = copyContext(folder);
    deepEqual(readdirSync(".data/contexts").toSorted(), [second.slice(15), third].toSorted());
  });
});
