import { deepEqual, equal, rejects } from "node:assert/strict";
import { pino } from "pino";
import { AppServer, type AppServerOptions } from "../../../app/common/server/appServer.ts";
import { ServerContext, type ServerOptions } from "../../../app/common/server/serverContext.ts";
import { listen } from "../../drivers/metrics.ts";

describe("an app's server", () => {
  const create = (
    parts: Partial<AppServerOptions>,
    options: Partial<ServerOptions> = {},
  ): AppServer =>
    new AppServer({
      context: new ServerContext({
        replica: "replica",
        drainSeconds: 0,
        log: pino({ level: "silent" }),
        ...options,
      }),
      addRoutes: () => Promise.resolve(),
      ...parts,
    });

  it("listens while its app is prepared, and reports an app that can never become ready", async () => {
    const prepared = Promise.withResolvers<undefined>();
    const server = create({ prepare: () => prepared.promise });
    const origin = await listen(server);
    equal((await fetch(`${origin}/readyz`)).status, 503);
    prepared.reject(new Error("there are no tables"));
    await rejects(server.prepared, { message: "there are no tables" });
    equal((await fetch(`${origin}/readyz`)).status, 503);
    await server.drain();
  });

  it("keeps idle connections for longer than the load balancer in front of it", () => {
    for (const [idleTimeoutSeconds, milliseconds] of [
      [undefined, 365_000],
      [4000, 4_015_000],
    ] as const) {
      const { http } = create({}, idleTimeoutSeconds === undefined ? {} : { idleTimeoutSeconds });
      deepEqual([http.keepAliveTimeout, http.timeout], [milliseconds, milliseconds]);
    }
  });

  it("closes sessions, then releases its app's resources once, however often it drains", async () => {
    const happened: string[] = [];
    const sessions = new Set(["session"]);
    const server = create({
      sessions: () =>
        [...sessions].map((session) => ({
          close: () => {
            sessions.delete(session);
            happened.push("session closed");
          },
        })),
      close: () => Promise.resolve(void happened.push("app closed")),
    });
    await listen(server);
    await server.prepared;
    equal(server.lifecycle.phase, "ready");
    await Promise.all([server.drain(), server.drain()]);
    deepEqual(happened, ["session closed", "app closed"]);
    equal(server.http.listening, false);
  });
});
