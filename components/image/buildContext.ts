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
import { dirname, join, resolve } from "node:path";
import dockerignore from "@balena/dockerignore";

/** Folder for copies of build contexts, relative to the program's, so that Docker gets the same path in every checkout. */
const COPIES = join(".data", "contexts");

/** Milliseconds after which no build that is still running reads a copy. */
const COPY_LIFETIME_MS = 24 * 60 * 60 * 1000;

const HASH_LENGTH = 16;

/** Ignore files, of which Docker uses the first that exists. Docker always gets these and the Dockerfile. */
const IGNORE_FILES = ["Dockerfile.dockerignore", ".dockerignore"];
const ALWAYS_SENT = ["Dockerfile", ...IGNORE_FILES];

/** The content that an image is built from. */
export interface BuildContext {
  /** Folder that Docker reads, relative to the program's. */
  location: string;
  /** 16 hexadecimal digits that depend only on the content, not on clone, folder, computer or umask. */
  hash: string;
}

/** A file or symbolic link in a context, with its path relative to it. */
interface Entry {
  path: string;
  kind: "file" | "executable" | "link";
}

/**
 * Copies a Docker build context, without ignored files and with the modes that git records. Images and the Docker provider
 * record modes, and the provider records the path, so another folder or umask would otherwise cause a new build.
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
  // An exception may include a file of an ignored folder.
  const hasExceptions = /^\s*!/m.test(patterns);
  const below = (parent: string): Entry[] =>
    readdirSync(join(folder, parent)).flatMap((name) => {
      const path = join(parent, name);
      if (resolve(folder, path) === resolve(COPIES)) {
        return [];
      }
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

/** Writes the whole copy under another name first, because another run may be copying the same content. */
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
