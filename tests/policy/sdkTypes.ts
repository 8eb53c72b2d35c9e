import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";

const SDK = dirname(createRequire(import.meta.url).resolve("@pulumi/aws/package.json"));

/** Types of the SDK for AWS that have an input of a name, for which TypeScript has a type. */
export function typesWith(input: RegExp, type: RegExp): string[] {
  return globSync("*/*.d.ts", { cwd: SDK }).flatMap((file) => {
    const declared = readFileSync(join(SDK, file), "utf8");
    const args = /export interface \w+Args \{[^]*?\n\}/.exec(declared)?.[0] ?? "";
    const isFound = [...args.matchAll(/^ {4}(\w+)\??: (.+);$/gm)].some(
      ([, name = "", of = ""]) => input.test(name) && type.test(of),
    );
    const code = isFound ? readFileSync(join(SDK, file.replace(/\.d\.ts$/, ".js")), "utf8") : "";
    return /__pulumiType = '([^']+)'/.exec(code)?.[1] ?? [];
  });
}
