import { ok } from "node:assert/strict";
import { proveIdleTimeouts, SilentApp } from "../support/silence.ts";
import { Fleet } from "./routers.ts";

describe("a key router's idle timeout", () => {
  let fleet: Fleet;
  beforeEach(async () => {
    fleet = await Fleet.of(1);
  });
  afterEach(() => fleet.stop());

  const routerWith = async (idleTimeoutSeconds: number): Promise<string> => {
    const { port } = await fleet.route({ idleTimeoutSeconds }, (config) =>
      config.replace(" accept-proxy", ""),
    );
    return `http://127.0.0.1:${port}`;
  };

  it("cuts silent streams, long polls and WebSockets, and no sooner", async () => {
    const app = new SilentApp();
    const [replica] = fleet.replicas;
    ok(replica?.server);
    replica.handle = app.handle;
    app.addWebSockets(replica.server);
    await proveIdleTimeouts(app, { strict: await routerWith(1), patient: await routerWith(60) });
  });
});
