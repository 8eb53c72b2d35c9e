import { equal, match } from "node:assert/strict";
import { once } from "node:events";
import { WebSocket } from "ws";
import { createLog } from "../../../app/contract/log.ts";
import { ConnectionFront } from "../../../local/front/connectionFront.ts";
import { Guard } from "../../../local/guard.ts";
import { ReplicaSet } from "../../../local/replicas/replicaSet.ts";

describe("the connection front's idle timeout", () => {
  const fronts: ConnectionFront[] = [];
  let replicas: ReplicaSet;

  beforeEach(async () => {
    replicas = new ReplicaSet({
      name: "echo",
      program: { app: "echo" },
      readinessPath: "/readyz",
      drainsItself: true,
      replicas: 1,
      drainSeconds: 0,
      environment: () => ({ LOG_LEVEL: "silent" }),
      log: createLog({}, "silent", 2).log,
      guard: new Guard(),
    });
    await replicas.start();
  });

  afterEach(async () => {
    fronts.splice(0).forEach((front) => front.close());
    await replicas.stop();
  });

  async function openThrough(idleTimeoutSeconds: number): Promise<WebSocket> {
    const front = new ConnectionFront({
      affinity: "source-ip",
      routable: () => replicas.routable(),
      maxConnections: 10,
      idleTimeoutSeconds,
    });
    fronts.push(front);
    const port = await front.listen(0, "127.0.0.1");
    const socket = new WebSocket(`ws://127.0.0.1:${port}/echo/websocket`);
    await once(socket, "open");
    return socket;
  }

  it("closes a silent WebSocket at the replica that has it, and no sooner", async () => {
    const [patient, strict] = [await openThrough(60), await openThrough(1)];
    const [code] = (await once(strict, "close")) as [number];
    equal(code, 1006);
    patient.send("hello");
    const [answer] = (await once(patient, "message")) as [Buffer];
    match(String(answer), /: hello$/);
    patient.terminate();
  });
});
