import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import dockerignore from "@balena/dockerignore";

const TAG_LENGTH = 16;
const COMMIT_LENGTH = 12;

/**
 * An image tag that changes when a file of the Docker build context does, and only then. With git it ends in the
 * commit that changed the context last: after a revert the content is an old one, whose tag may be immutable.
 */
export function contentTag(context: string): string {
  const ignoreFile = join(context, ".dockerignore");
  const ignored = dockerignore.default();
  if (existsSync(ignoreFile)) {
    ignored.add(readFileSync(ignoreFile, "utf8"));
  }
  const hash = createHash("sha256");
  for (const file of filesOf(context, context, (path) => ignored.ignores(path)).toSorted()) {
    const path = join(context, file);
    const mode = statSync(path).mode & 0o777;
    hash.update(JSON.stringify([file, mode]));
    hash.update(createHash("sha256").update(readFileSync(path)).digest());
  }
  const content = hash.digest("hex").slice(0, TAG_LENGTH);
  const commit = lastCommit(context);
  return commit === "" ? content : `${content}-${commit}`;
}

/** Nothing outside of a git repository, and where there is no git. */
function lastCommit(context: string): string {
  try {
    const args = ["log", "-1", "--format=%H", "--", "."];
    const output = execFileSync("git", args, { cwd: context, stdio: ["ignore", "pipe", "ignore"] });
    return output.toString().trim().slice(0, COMMIT_LENGTH);
  } catch {
    return "";
  }
}

function filesOf(root: string, folder: string, isIgnored: (path: string) => boolean): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    const name = relative(root, path);
    if (isIgnored(name)) {
      return [];
    }
    return entry.isDirectory() ? filesOf(root, path, isIgnored) : [name];
  });
}
