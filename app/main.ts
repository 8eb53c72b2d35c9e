import { createLog } from "./common/log.ts";
import { SettingsError } from "./common/settings.ts";
import { createEchoServer } from "./echo/server.ts";
import { readEnvironment } from "./common/environment.ts";

try {
  const env = readEnvironment(process.env);
  const { log, flush } = createLog({ replica: env.REPLICA_NAME }, env.LOG_LEVEL, 1);
  const server = createEchoServer({
    replica: env.REPLICA_NAME,
    drainSeconds: env.DRAIN_SECONDS,
    maxSessions: env.MAX_SESSIONS,
    maxMessageBytes: env.MAX_MESSAGE_BYTES,
    log,
  });
  const drain = async (): Promise<void> => {
    await server.drain();
    await flush();
    process.exit(0);
  };
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
        : `HOST is ${JSON.stringify(HOST)}: ${message}; allowed is an address of this computer, for example 0.0.0.0`,
    ]);
  }
}
