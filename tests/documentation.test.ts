import { deepEqual, ok } from "node:assert/strict";
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** Lines of README, and characters of a line outside of tables. */
const MAX_README_LINES = 160;
const MAX_README_WIDTH = 160;

/** Pages that are linked to, and not read in a row. */
const ENDS: readonly string[] = ["README.md", "CHANGELOG.md"];

const PAGES = [...globSync("*.md"), ...globSync("docs/**/*.md")];

const text = (path: string): string => readFileSync(path, "utf8");

/** A page without its code, in which nothing is a link or a heading. */
function prose(path: string): string {
  return text(path).replace(/^(```+)[^]*?^\1$/gm, "");
}

/** Targets of a page's links within the repository, each a path from its root and an anchor. */
function linksOf(page: string): { path: string; anchor: string }[] {
  return [
    ...prose(page)
      .replace(/`[^`\n]*`/g, "")
      .matchAll(/\]\(([^)\s]+)\)/g),
  ]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [file = "", anchor = ""] = target.split("#");
      return { path: file === "" ? page : normalize(join(dirname(page), file)), anchor };
    });
}

/** Anchors that GitHub gives to the headings of a page. */
function anchorsOf(page: string): string[] {
  const slugs = [...prose(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
  return slugs.map((slug, index) => {
    const before = slugs.slice(0, index).filter((each) => each === slug).length;
    return before === 0 ? slug : `${slug}-${before}`;
  });
}

/** Imports of a folder's files, as paths from the root. */
function importsOf(files: readonly string[]): { from: string; to: string }[] {
  return files.flatMap((from) =>
    [...text(from).matchAll(/(?:from|import) ?\(?"(\.[^"]+)"/g)].map(([, target = ""]) => ({
      from,
      to: normalize(join(dirname(from), target)),
    })),
  );
}

/** Folders, and single files of the root, with what each may import, by docs/architecture.md. */
function allowedImports(): Map<string, readonly string[]> {
  const rows = text("docs/architecture.md").matchAll(/^\| `([^`]+)` +\|.*?\|([^|]*)\|$/gm);
  return new Map(
    [...rows].map(([, folder = "", cell = ""]) => [
      folder,
      cell.trim() === "everything"
        ? [""]
        : [...cell.matchAll(/`([^`]+)`/g)].map(([, to = ""]) => to),
    ]),
  );
}

describe("documentation", () => {
  it("links only to files and headings that exist", () => {
    const links = PAGES.flatMap((page) => linksOf(page).map((link) => ({ page, ...link })));
    ok(links.length > 100);
    const broken = links.filter(
      ({ path, anchor }) =>
        !existsSync(path) ||
        (anchor !== "" && (statSync(path).isDirectory() || !anchorsOf(path).includes(anchor))),
    );
    deepEqual(broken, []);
  });

  it("names only files that exist", () => {
    const named = PAGES.flatMap((page) =>
      [...prose(page).matchAll(/`((?:app|components|config|docs|tests)\/[\w/.-]+\.\w+)`/g)].map(
        ([, path = ""]) => path,
      ),
    );
    ok(named.length > 40);
    deepEqual(
      named.filter((path) => !existsSync(path)),
      [],
    );
  });

  it("can all be reached from README", () => {
    const reached = new Set(["README.md"]);
    reached.forEach((page) =>
      linksOf(page)
        .filter(({ path }) => path.endsWith(".md"))
        .forEach(({ path }) => reached.add(path)),
    );
    deepEqual(
      PAGES.filter((page) => !reached.has(page)),
      [],
    );
  });

  it("ends each page but a decision with where to go next", () => {
    const pages = PAGES.filter((page) => !ENDS.includes(page) && !/\/\d{3}-/.test(page));
    ok(pages.length > 14);
    deepEqual(
      pages.filter((page) => !/\n\nNext: [^]*\]\([^]*\)\.\n$/.test(text(page))),
      [],
    );
  });

  it("has a README that can be read in one sitting", () => {
    const lines = text("README.md").trimEnd().split("\n");
    ok(lines.length <= MAX_README_LINES, `${lines.length} lines`);
    deepEqual(
      lines.filter((line) => line.length > MAX_README_WIDTH && !line.startsWith("|")),
      [],
    );
  });

  it("lists all imports of each folder", () => {
    const allowed = allowedImports();
    const folders = [...allowed.keys()].sort((one, other) => other.length - one.length);
    const folderOf = (file: string) => folders.find((folder) => file.startsWith(folder));
    const files = globSync("**/*.ts", { exclude: ["**/node_modules", "**/dist"] });
    const imports = importsOf(files);
    ok(imports.length > 500);
    deepEqual(
      imports
        .filter(({ from, to }) => folderOf(from) !== folderOf(to))
        .filter(
          ({ from, to }) =>
            !allowed.get(folderOf(from) ?? "")?.some((prefix) => to.startsWith(prefix)),
        )
        .map(({ from, to }) => `${from} imports ${to}`),
      [],
    );
  });
});
