import { equal, match, throws } from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { licencesOf } from "../../app/licences.ts";

describe("the licences of a bundle", () => {
  let root = "";

  beforeEach(() => (root = mkdtempSync(join(tmpdir(), "licences-"))));
  afterEach(() => rmSync(root, { recursive: true }));

  /** Creates a package with these files, of which one is in the bundle. */
  function add(folder: string, name: string, files: Record<string, string>): string {
    mkdirSync(join(root, folder), { recursive: true });
    const manifest = { "package.json": JSON.stringify({ name, version: "1.2.3" }) };
    for (const [file, text] of Object.entries({ ...manifest, ...files })) {
      writeFileSync(join(root, folder, file), text);
    }
    return `${folder}/lib/index.js`;
  }

  function bundleOf(...files: readonly string[]): Metafile {
    const inputs = Object.fromEntries(files.map((file) => [file, { bytesInOutput: 1 }]));
    const output = { bytes: 1, inputs, imports: [], exports: [] };
    return { inputs: {}, outputs: { "main.js": output } };
  }

  it("are those of each package, also if it is in another one", () => {
    const files = [
      add("node_modules/one", "one", { "LICENSE.md": "Licence of one", NOTICE: "Notice of one" }),
      add("node_modules/one/node_modules/@a/two", "@a/two", { licence: "Licence of two" }),
      "own/main.ts",
    ];
    const text = licencesOf(bundleOf(...files), root);
    equal(text.split("\n---").length, 3);
    match(text, /\none 1\.2\.3\n\nLicence of one\n\nNotice of one\n/);
    match(text, /\n@a\/two 1\.2\.3\n\nLicence of two\n$/);
  });

  it("are in the README of a package that has no file of them", () => {
    const readme = "# One\n\nAbout one\n\n## License\n\nLicence of one\n";
    const text = licencesOf(
      bundleOf(add("node_modules/one", "one", { "README.md": readme })),
      root,
    );
    match(text, /\none 1\.2\.3\n\n## License\n\nLicence of one\n$/);
  });

  it("must all have a text", () => {
    const file = add("node_modules/one", "one", { NOTICE: "Notice", "README.md": "# One" });
    throws(() => licencesOf(bundleOf(file), root), {
      message: "no text of a licence is in one 1.2.3",
    });
  });
});
