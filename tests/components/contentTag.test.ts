import { equal, match, notEqual } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contentTag } from "../../components/contentTag.ts";

describe("content tag", () => {
  let context = "";
  const write = (file: string, text: string): void => writeFileSync(join(context, file), text);

  beforeEach(() => {
    context = mkdtempSync(join(tmpdir(), "content-tag-"));
    mkdirSync(join(context, "lib"));
    mkdirSync(join(context, "node_modules"));
    write(".dockerignore", "node_modules\n*.log\n");
    write("Dockerfile", "FROM scratch\n");
    write("lib/a.ts", "a");
    write("node_modules/x.js", "x");
  });

  afterEach(() => rmSync(context, { recursive: true }));

  /** What a change makes of the tag. */
  function tagsAround(change: () => void): [string, string] {
    const before = contentTag(context);
    change();
    return [before, contentTag(context)];
  }

  it("is one that registries take", () => {
    match(contentTag(context), /^[0-9a-f]{16}$/);
  });

  it("changes with a file's text, name or place, and with a new or a lost file", () => {
    const changes = [
      () => write("lib/a.ts", "b"),
      () => renameSync(join(context, "lib/a.ts"), join(context, "lib/b.ts")),
      () => renameSync(join(context, "lib/b.ts"), join(context, "b.ts")),
      () => write("lib/c.ts", ""),
      () => rmSync(join(context, "lib/c.ts")),
    ];
    for (const change of changes) {
      notEqual(...tagsAround(change), String(change));
    }
  });

  it("changes with a file's rights, which are the image's, too", () => {
    chmodSync(join(context, "lib/a.ts"), 0o644);
    notEqual(...tagsAround(() => chmodSync(join(context, "lib/a.ts"), 0o755)));
    notEqual(...tagsAround(() => chmodSync(join(context, "lib/a.ts"), 0o711)));
  });

  it("tells a revert from what it goes back to by the commit, which changes with the context only", () => {
    const git = (...args: string[]): string =>
      execFileSync(
        "git",
        ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false", ...args],
        {
          cwd: context,
        },
      ).toString();
    const commit = (text: string): string => {
      write("lib/a.ts", text);
      git("add", ".");
      git("commit", "-qm", text);
      return git("log", "-1", "--format=%H").trim().slice(0, 12);
    };
    git("init", "-q");
    write(".dockerignore", "node_modules\n*.log\n.git\n");
    const withoutCommit = contentTag(context);
    match(withoutCommit, /^[0-9a-f]{16}$/);
    const first = commit("a");
    equal(contentTag(context), `${withoutCommit}-${first}`);
    git("commit", "-q", "--allow-empty", "-m", "elsewhere");
    equal(contentTag(context), `${withoutCommit}-${first}`);
    commit("b");
    const reverted = commit("a");
    equal(contentTag(context), `${withoutCommit}-${reverted}`);
  });

  it("changes with what is ignored only if that brings a file in", () => {
    notEqual(...tagsAround(() => write(".dockerignore", "*.log\n")));
  });

  it("stays with ignored files and times", () => {
    const changes = [
      () => write("node_modules/x.js", "y"),
      () => write("npm.log", "new"),
      () => utimesSync(join(context, "lib/a.ts"), 1, 1),
    ];
    for (const change of changes) {
      equal(...tagsAround(change), String(change));
    }
  });

  it("does not confuse two files with one that looks like both", () => {
    write("lib/b.ts", "b");
    chmodSync(join(context, "lib/b.ts"), 0o644);
    notEqual(
      ...tagsAround(() => {
        rmSync(join(context, "lib/b.ts"));
        write("lib/a.ts", `a${JSON.stringify(["lib/b.ts", 0o644])}b`);
      }),
    );
  });

  it("takes every file where nothing is ignored", () => {
    rmSync(join(context, ".dockerignore"));
    notEqual(...tagsAround(() => write("node_modules/x.js", "y")));
  });

  it("is the same for the same files in another folder", () => {
    const before = contentTag(context);
    const moved = `${context}-moved`;
    renameSync(context, moved);
    context = moved;
    equal(contentTag(moved), before);
  });
});
