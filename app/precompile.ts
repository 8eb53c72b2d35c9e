import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { APP_NAMES, type AppName } from "./contract/catalogue.ts";
import { inDist } from "./common/server/dist.ts";

/** Settings with which every app listens, without its database. */
const SETTINGS = {
  ...{ HOST: "127.0.0.1", PORT: "0", METRICS_PORT: "0", DRAIN_SECONDS: "0" },
  ...{ DATABASE_URL: "postgres://nobody:none@127.0.0.1:1/none", DATABASE_TLS: "off" },
};

// Starts each bundled app until it listens, so that Node.js writes what it compiles to `NODE_COMPILE_CACHE`.
for (const app of APP_NAMES) {
  await startOnce(app);
}

async function startOnce(app: AppName): Promise<void> {
  const server = spawn(process.execPath, [inDist("server/main.mjs")], {
    env: { ...process.env, ...SETTINGS, APP: app },
    stdio: ["ignore", "pipe", "inherit"],
  });
  createInterface(server.stdout).on("line", (line) => {
    if (line.includes('"msg":"listening"')) {
      server.kill();
    }
  });
  const [code] = (await once(server, "exit")) as [number | null];
  if (code !== 0) {
    throw new Error(`${app} does not start, or does not stop: it exited with status ${code}`);
  }
}
