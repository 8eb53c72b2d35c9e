import { createHash, randomUUID } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import { dirname, join } from "node:path";
import dockerignore from "@balena/dockerignore";

/** Copies of build contexts, relative to the program's folder, so that Docker gets the same path from every checkout. */
const COPIES = join(".data", "contexts");

/** No build that still runs reads a copy that was last asked for so many milliseconds ago. */
const COPY_LIFETIME_MS = 24 * 60 * 60 * 1000;

const HASH_LENGTH = 16;

/** Files that say what is left out, the first one that exists; Docker gets them and the Dockerfile in any case. */
const IGNORE_FILES = ["Dockerfile.dockerignore", ".dockerignore"];
const ALWAYS_SENT = ["Dockerfile", ...IGNORE_FILES];

/** What an image is built from. */
export interface BuildContext {
  /** Folder that Docker reads, relative to the program's. */
  location: string;
  /** 16 hexadecimal digits, the same for the same content: no matter which clone, folder, computer or umask it has. */
  hash: string;
}

/** A file or symbolic link in a context, by its path below it. */
interface Entry {
  path: string;
  kind: "file" | "executable" | "link";
}

/**
 * Copies a Docker build context, without what `.dockerignore` names and with the modes that git keeps. Both the image and Docker's
 * provider keep modes and the provider keeps the path, so a clone in another folder or with another umask would be built anew.
 *
 * @param folder - Folder with the Dockerfile.
 */
export function copyContext(folder: string): BuildContext {
  const entries = entriesOf(folder);
  const hash = hashOf(folder, entries);
  const location = join(COPIES, hash);
  if (existsSync(location)) {
    utimesSync(location, new Date(), new Date());
  } else {
    deleteOldCopies();
    write(folder, entries, location);
  }
  return { location, hash };
}

function entriesOf(folder: string): Entry[] {
  const ignoreFile = IGNORE_FILES.map((name) => join(folder, name)).find((file) =>
    existsSync(file),
  );
  const patterns = ignoreFile === undefined ? "" : readFileSync(ignoreFile, "utf8");
  const ignored = dockerignore.default().add(patterns);
  const isIgnored = (path: string): boolean => ignored.ignores(path) && !ALWAYS_SENT.includes(path);
  // An exception may bring back a file in a folder that is ignored.
  const hasExceptions = /^\s*!/m.test(patterns);
  const below = (parent: string): Entry[] =>
    readdirSync(join(folder, parent)).flatMap((name) => {
      const path = join(parent, name);
      const stats = lstatSync(join(folder, path));
      if (stats.isDirectory()) {
        return isIgnored(path) && !hasExceptions ? [] : below(path);
      }
      const isSent = (stats.isFile() || stats.isSymbolicLink()) && !isIgnored(path);
      return isSent ? [{ path, kind: kindOf(stats) }] : [];
    });
  return below("").toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function kindOf(stats: { isSymbolicLink(): boolean; mode: number }): Entry["kind"] {
  if (stats.isSymbolicLink()) {
    return "link";
  }
  return (stats.mode & 0o100) === 0 ? "file" : "executable";
}

function hashOf(folder: string, entries: readonly Entry[]): string {
  const hash = createHash("sha256");
  for (const { path, kind } of entries) {
    const source = join(folder, path);
    const content = kind === "link" ? readlinkSync(source) : readFileSync(source);
    hash.update(JSON.stringify([path, kind]));
    hash.update(createHash("sha256").update(content).digest());
  }
  return hash.digest("hex").slice(0, HASH_LENGTH);
}

/** Writes the whole copy under another name first: another run may be copying the same. */
function write(folder: string, entries: readonly Entry[], location: string): void {
  const draft = join(COPIES, randomUUID());
  for (const { path, kind } of entries) {
    const [source, target] = [join(folder, path), join(draft, path)];
    mkdirSync(dirname(target), { recursive: true });
    if (kind === "link") {
      symlinkSync(readlinkSync(source), target);
    } else {
      copyFileSync(source, target);
      chmodSync(target, kind === "executable" ? 0o755 : 0o644);
    }
  }
  try {
    renameSync(draft, location);
  } catch (error) {
    rmSync(draft, { recursive: true });
    if (!existsSync(location)) {
      throw error;
    }
  }
}

function deleteOldCopies(): void {
  const now = Date.now();
  const copies = existsSync(COPIES) ? readdirSync(COPIES).map((name) => join(COPIES, name)) : [];
  copies
    .filter((copy) => now - statSync(copy).mtimeMs > COPY_LIFETIME_MS)
    .forEach((copy) => rmSync(copy, { recursive: true, force: true }));
}
