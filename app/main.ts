import type { ServerEnvironment } from "./common/server/environment.ts";
import * as endpoints from "./contract/endpoints.ts";
import { SettingsError } from "./contract/settings.ts";
import { cut, shown } from "./contract/shown.ts";
import { createAppProcess } from "./process.ts";

try {
  const { env, log, server, drain } = await createAppProcess(process.env, 1);
  // A further signal joins the drain.
  const stop = (): void => void drain().then(() => process.exit(0));
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  const ports = { port: env.PORT, metricsPort: env.METRICS_PORT };
  log.info(await listen(() => server.listen(ports, env.HOST), env), "listening");
  await server.prepared;
} catch (error) {
  if (!(error instanceof SettingsError)) {
    throw error;
  }
  console.error(error.message);
  process.exit(2);
}

/** Explains, in the words of the settings, why the server cannot listen on a port. */
async function listen<T>(open: () => Promise<T>, { HOST, PORT, METRICS_PORT }: ServerEnvironment) {
  try {
    return await open();
  } catch (error) {
    const { code, message, port } = error as NodeJS.ErrnoException & { port?: number };
    const isOfMetrics = port === METRICS_PORT;
    const usual = isOfMetrics ? endpoints.METRICS_PORT : endpoints.APP_PORT;
    throw new SettingsError(
      code === "EADDRINUSE" || code === "EACCES"
        ? {
            name: isOfMetrics ? "METRICS_PORT" : "PORT",
            problem: `is ${port ?? PORT}, which cannot be opened: ${message}`,
            mustBe: "a free port",
            example: String(usual.number),
          }
        : {
            name: "HOST",
            problem: `is ${shown(HOST)}: ${cut(message)}`,
            mustBe: "an address of this computer",
            example: "0.0.0.0",
          },
    );
  }
}
