import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");

/** A package before it is packed. */
export interface Stage {
  /** Folder of the package's sources: `package.json`, `README.md` and, below `dist`, what is made of them. */
  source: string;
  /** Folder below `dist` that is packed. */
  folder: string;
  /** Members of the manifest that differ from the sources'. @default - none */
  manifest?: Record<string, unknown>;
}

interface Manifest {
  name: string;
  version: string;
}

/** Runs a command of the repository. */
export function run(command: string, ...args: string[]): void {
  const options = { cwd: ROOT, stdio: "inherit" } as const;
  execFileSync(join(ROOT, "node_modules", ".bin", command), args, options);
}

/**
 * Adds the manifest, the README and the licence to what is compiled, and packs it.
 *
 * @returns path of the tarball
 */
export function packStage({ source, folder, manifest: changes = {} }: Stage): string {
  const manifest = JSON.parse(readFileSync(join(source, "package.json"), "utf8")) as Manifest;
  const packed = JSON.stringify({ ...manifest, ...changes }, undefined, 2);
  writeFileSync(join(folder, "package.json"), `${packed}\n`);
  cpSync(join(source, "README.md"), join(folder, "README.md"));
  cpSync(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
  const out = join(source, "dist");
  execFileSync("npm", ["pack", folder, "--pack-destination", out, "--silent"], { cwd: ROOT });
  return join(out, `${manifest.name}-${manifest.version}.tgz`);
}
