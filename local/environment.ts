/** What every process needs; all else of a shell may be a secret that is meant for somebody else. */
const NEEDED = [
  ...["PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH"],
  ...["NODE_OPTIONS", "NODE_COMPILE_CACHE", "NODE_V8_COVERAGE"],
];

/** Settings of the apps that a person may give to all replicas; the others are the run's own. */
const APP_SETTINGS = /^(LOG_LEVEL|ALLOWED_ORIGINS|MAX_[A-Z_]+)$/;

/** The environment of a process that this one starts. */
export function childEnvironment(): NodeJS.ProcessEnv {
  return pick((name) => NEEDED.includes(name));
}

/** The same with what a person has set for the apps. */
export function appEnvironment(): NodeJS.ProcessEnv {
  return pick((name) => NEEDED.includes(name) || APP_SETTINGS.test(name));
}

function pick(isWanted: (name: string) => boolean): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => isWanted(name)));
}
