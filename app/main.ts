import { SettingsError } from "./common/settings.ts";
import { cut, shown } from "./common/shown.ts";
import { createAppProcess } from "./process.ts";

try {
  const { env, log, server, drain } = createAppProcess(process.env, 1);
  process.on("SIGTERM", () => void drain());
  process.on("SIGINT", () => void drain());
  const { port } = await listen(() => server.listen(env.PORT, env.HOST), env);
  log.info({ port }, "listening");
} catch (error) {
  if (!(error instanceof SettingsError)) {
    throw error;
  }
  console.error(error.message);
  process.exit(2);
}

/** Tells in the words of the settings why a port cannot be had. */
async function listen<T>(open: () => Promise<T>, { HOST, PORT }: { HOST: string; PORT: number }) {
  try {
    return await open();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new SettingsError([
      code === "EADDRINUSE" || code === "EACCES"
        ? `PORT is ${PORT}: ${message}; allowed is a free port, for example 8080`
        : `HOST is ${shown(HOST)}: ${cut(message)}; allowed is an address of this computer, for example 0.0.0.0`,
    ]);
  }
}
