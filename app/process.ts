import { APP_NAMES, type AppName } from "./contract/catalogue.ts";
import type { AppProcess } from "./common/server/appProcess.ts";
import { oneOf, parseSettings } from "./contract/settings.ts";

type Create = (environment: NodeJS.ProcessEnv, logFd: 1 | 2) => AppProcess;

/** Loads one app: its libraries take most of the time of a start, and memory. */
const LOAD: Record<AppName, () => Promise<Create>> = {
  echo: async () => (await import("./echo/process.ts")).createEchoProcess,
  company: async () => (await import("./company/process.ts")).createCompanyProcess,
  document: async () => (await import("./document/process.ts")).createDocumentProcess,
};

/**
 * Makes the app that `APP` in the environment names.
 *
 * @param logFd the file descriptor of its log
 * @throws SettingsError naming every wrong setting
 */
export async function createAppProcess(
  environment: NodeJS.ProcessEnv,
  logFd: 1 | 2,
): Promise<AppProcess> {
  const { APP } = parseSettings({ APP: oneOf(APP_NAMES).default("echo") }, environment);
  const create = await LOAD[APP]();
  return create(environment, logFd);
}
