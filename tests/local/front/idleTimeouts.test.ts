import { endFronts, ROUTING, startFront, startReplica } from "../../support/httpFront.ts";
import { proveIdleTimeouts, SilentApp } from "../../support/silence.ts";

describe("the HTTP front's idle timeout", () => {
  afterEach(endFronts);

  it("cuts silent streams, long polls and WebSockets, and no sooner", async () => {
    const app = new SilentApp();
    const replica = await startReplica("app-00001", app.handle);
    app.addWebSockets(replica.server);
    const frontWith = (idleTimeoutSeconds: number): Promise<string> =>
      startFront("key", [replica], { routing: { ...ROUTING, idleTimeoutSeconds } });
    await proveIdleTimeouts(app, { strict: await frontWith(1), patient: await frontWith(60) });
  });
});
