import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";

/** The folder of the package that a file belongs to. */
const PACKAGE = /^.*node_modules\/(@[^/]+\/)?[^/]+/;

const HEAD =
  "The JavaScript files here contain code of the packages below, each under its own licence.\n";

const RULE = `\n${"-".repeat(80)}\n`;

/** The part of a README about the licence, where some packages have it instead of in a file. */
const LICENCE_PART = /^#+ *licen[cs]e\s[^]*/im;

/**
 * The licences of all packages whose code is in a bundle.
 *
 * @param root folder that the bundle's paths start from
 * @throws Error naming the packages without the text of a licence
 */
export function licencesOf({ outputs }: Metafile, root: string): string {
  const files = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const folders = new Set(files.flatMap((file) => PACKAGE.exec(file)?.[0] ?? []));
  const sections = [...folders].toSorted().map((folder) => sectionOf(join(root, folder)));
  const without = sections.filter(({ hasLicence }) => !hasLicence).map(({ name }) => name);
  if (without.length > 0) {
    throw new Error(`no text of a licence is in ${without.join(", ")}`);
  }
  const texts = sections.map(({ name, texts }) => [name, ...texts].join("\n\n"));
  return `${[HEAD, ...texts].join(RULE)}\n`;
}

interface Section {
  /** Name and version of the package. */
  name: string;
  hasLicence: boolean;
  /** Texts of its licences and notices. */
  texts: string[];
}

function sectionOf(folder: string): Section {
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    name: string;
    version: string;
  };
  const textsOf = (pattern: string): string[] =>
    globSync(pattern, { cwd: folder })
      .toSorted()
      .map((file) => readFileSync(join(folder, file), "utf8").trim());
  const files = textsOf("{LICEN[CS]E,licen[cs]e,COPYING}*");
  const licences =
    files.length > 0
      ? files
      : textsOf("{README,readme,Readme}.md").flatMap((text) => LICENCE_PART.exec(text)?.[0] ?? []);
  return {
    name: `${name} ${version}`,
    hasLicence: licences.length > 0,
    texts: [...licences, ...textsOf("NOTICE*")],
  };
}
