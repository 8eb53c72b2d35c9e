import { APP_NAMES, type AppName } from "./contract/catalogue.ts";
import type { AppProcess } from "./common/server/appProcess.ts";
import { oneOf, parseSettings } from "./contract/settings.ts";
import { createCompanyProcess } from "./company/process.ts";
import { createDocumentProcess } from "./document/process.ts";
import { createEchoProcess } from "./echo/process.ts";

const CREATE: Record<AppName, (environment: NodeJS.ProcessEnv, logFd: 1 | 2) => AppProcess> = {
  echo: createEchoProcess,
  company: createCompanyProcess,
  document: createDocumentProcess,
};

/**
 * Makes the app that `APP` in the environment names.
 *
 * @param logFd the file descriptor of its log
 * @throws SettingsError naming every wrong setting
 */
export function createAppProcess(environment: NodeJS.ProcessEnv, logFd: 1 | 2): AppProcess {
  const { APP } = parseSettings({ APP: oneOf(APP_NAMES).default("echo") }, environment);
  return CREATE[APP](environment, logFd);
}
