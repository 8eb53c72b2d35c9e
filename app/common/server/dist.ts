import { fileURLToPath } from "node:url";

/**
 * Path of what `build.ts` and `bundle.ts` have made. The bundle of the server is in `dist/server/`, as deep as this file,
 * so the path is the same from there.
 */
export function inDist(path: string): string {
  return fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));
}
