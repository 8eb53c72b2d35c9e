import { equal } from "node:assert/strict";
import { createLog } from "../../../app/contract/log.ts";
import { Guard } from "../../../local/guard.ts";
import { ReplicaSet } from "../../../local/replicas/replicaSet.ts";
import { environmentOf, replicasOf } from "../../drivers/localRun.ts";
import { waitFor } from "../../drivers/waitFor.ts";

describe("the replicas of a workload", () => {
  let replicas: ReplicaSet;
  let limit = 1;

  beforeEach(() => {
    replicas = new ReplicaSet({
      name: "echo",
      program: { app: "echo" },
      readinessPath: "/readyz",
      drainsItself: true,
      replicas: 1,
      drainSeconds: 0,
      environment: () => ({ LOG_LEVEL: "silent", MAX_SESSIONS: String(limit) }),
      log: createLog({}, "silent", 2).log,
      guard: new Guard(),
    });
  });

  afterEach(() => replicas.stop());

  it("can be restarted with another environment, also while they start", async () => {
    const started = replicas.start();
    await waitFor("it is being started", () => replicasOf(process).size === 1);
    limit = 2;
    replicas.restart();
    await started;
    const [pid = 0] = replicasOf(process).values();
    equal(/\0MAX_SESSIONS=(\d+)\0/.exec(environmentOf(pid))?.[1], "2");
  });
});
