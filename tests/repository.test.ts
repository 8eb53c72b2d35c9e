import { deepEqual, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { build } from "esbuild";
import { parse } from "yaml";

interface Lockfile {
  packages: Record<string, { version?: string; dev?: boolean; optional?: boolean }>;
}

interface Setting {
  description: string;
}

const text = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), "utf8");

const read = (file: string): unknown => JSON.parse(text(file));

describe("repository", () => {
  it("runs the versions in the image that it was tested with", () => {
    const image = (read("app/package-lock.json") as Lockfile).packages;
    const tested = (read("package-lock.json") as Lockfile).packages;
    const packages = Object.keys(image).filter((path) => path !== "" && image[path]?.dev !== true);
    ok(packages.length > 50);
    const different = packages.filter((path) => {
      const inWorkspace = tested[`app/${path}`] ?? tested[path];
      return inWorkspace?.version !== image[path]?.version;
    });
    deepEqual(different, []);
  });

  it("copies into the image all of the app's own files that its server imports", async () => {
    const { metafile } = await build({
      entryPoints: ["app/main.ts"],
      bundle: true,
      packages: "external",
      platform: "node",
      format: "esm",
      write: false,
      metafile: true,
    });
    const copied = [...text("app/Dockerfile").matchAll(/^COPY (?!--)(.*) \S+$/gm)]
      .flatMap(([, files = ""]) => files.split(" "))
      .map((file) => `app/${file}`);
    const imported = Object.keys(metafile.inputs);
    ok(imported.length > 8);
    deepEqual(
      imported.filter(
        (file) => !copied.some((each) => file === each || file.startsWith(`${each}/`)),
      ),
      [],
    );
  });

  it("tells of every setting in docs/settings.md, in Pulumi.yaml's words, and of no other", () => {
    const { config } = parse(text("Pulumi.yaml")) as { config: Record<string, Setting> };
    const rows = [...text("docs/settings.md").matchAll(/^\| `(\w+)` +\| (.+?) +\| .+? +\|$/gm)];
    deepEqual(
      Object.fromEntries(rows.map(([, name = "", meaning]) => [name, meaning])),
      Object.fromEntries(
        Object.entries(config).map(([name, { description }]) => [
          name,
          description.replace(/\s+/g, " ").trim(),
        ]),
      ),
    );
  });
});
