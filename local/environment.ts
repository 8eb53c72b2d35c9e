import { fileURLToPath } from "node:url";

/**
 * Folder in which Node.js keeps what it has compiled, without types, for later processes. Undefined while a coverage is
 * collected, which would be less exact.
 */
export const COMPILE_CACHE =
  process.env.NODE_V8_COVERAGE === undefined
    ? fileURLToPath(new URL("../node_modules/.cache/node", import.meta.url))
    : undefined;

/** Variables that every process needs. The others of a shell may be secrets for other programs. */
const NEEDED = [
  ...["PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH"],
  ...["NODE_OPTIONS", "NODE_COMPILE_CACHE", "NODE_V8_COVERAGE"],
];

/** Settings of the apps that the shell may pass to all replicas; the run itself sets the others. */
const APP_SETTINGS = /^(LOG_LEVEL|ALLOWED_ORIGINS|MAX_[A-Z_]+)$/;

/** The environment of a process that this one starts. */
export function childEnvironment(): NodeJS.ProcessEnv {
  return pick((name) => NEEDED.includes(name));
}

/** The environment of a replica, with the settings of the apps and a folder for compiled code. */
export function appEnvironment(): NodeJS.ProcessEnv {
  const passed = pick((name) => NEEDED.includes(name) || APP_SETTINGS.test(name));
  return { NODE_COMPILE_CACHE: COMPILE_CACHE, ...passed };
}

function pick(isWanted: (name: string) => boolean): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => isWanted(name)));
}
