import { deepEqual, equal } from "node:assert/strict";
import { gracePeriodSeconds, Lifecycle, type Phase } from "../../../app/contract/lifecycle.ts";

/** Sessions of which `close` is kept by batch: a batch is what is closed between two looks. */
function recordedSessions(count: number) {
  const open = new Set(Array.from({ length: count }, (_, index) => index));
  const batches: number[] = [];
  const sessions = () => {
    batches.push(0);
    return [...open].map((session) => ({
      close: () => {
        open.delete(session);
        batches.push((batches.pop() ?? 0) + 1);
      },
    }));
  };
  return { open, batches, sessions };
}

describe("lifecycle", () => {
  it("adds closing time and a margin to the drain time for the grace period", () => {
    equal(gracePeriodSeconds(150), 175);
    equal(gracePeriodSeconds(0.5), 26);
  });

  it("goes through its phases in order and closes sessions in batches of ten", async () => {
    const phases: Phase[] = [];
    const { batches, sessions } = recordedSessions(25);
    const lifecycle = new Lifecycle((phase) => phases.push(phase));
    equal(lifecycle.phase, "starting");
    lifecycle.ready();
    await lifecycle.drain(0, {
      sessions,
      connections: () => 0,
      closeIdle: () => undefined,
      closeAll: () => undefined,
    });
    deepEqual(phases, ["ready", "draining", "closing", "closed"]);
    deepEqual(
      batches.filter((closed) => closed > 0),
      [10, 10, 5],
    );
  });

  it("closes many sessions in larger batches, so all fit into half of the closing time", async () => {
    const { batches, sessions } = recordedSessions(600);
    const lifecycle = new Lifecycle(() => undefined);
    const drained = lifecycle.drain(0, {
      sessions,
      connections: () => 0,
      closeIdle: () => undefined,
      closeAll: () => undefined,
    });
    await drained;
    equal(Math.max(...batches), 30);
    equal(batches.filter((closed) => closed > 0).length, 20);
  });

  it("does not become ready if it starts to drain while it is starting", async () => {
    const phases: Phase[] = [];
    const lifecycle = new Lifecycle((phase) => phases.push(phase));
    const closable = {
      sessions: () => [],
      connections: () => 0,
      closeIdle: () => undefined,
      closeAll: () => undefined,
    };
    const drained = lifecycle.drain(0, closable);
    lifecycle.ready();
    await drained;
    deepEqual(phases, ["draining", "closing", "closed"]);
  });

  it("closes idle connections until none is left, then finishes", async () => {
    const happened: string[] = [];
    let connections = 2;
    const closable = {
      sessions: () => [],
      connections: () => connections,
      closeIdle: () => {
        happened.push("closed idle ones");
        connections -= 1;
      },
      closeAll: () => happened.push("ended"),
    };
    const lifecycle = new Lifecycle(() => undefined);
    await lifecycle.drain(0, closable);
    deepEqual(happened, ["closed idle ones", "closed idle ones", "ended"]);
  });

  it("drains once, however often the drain is requested", async () => {
    const phases: Phase[] = [];
    const lifecycle = new Lifecycle((phase) => phases.push(phase));
    const closable = {
      sessions: () => [],
      connections: () => 0,
      closeIdle: () => undefined,
      closeAll: () => undefined,
    };
    await Promise.all([lifecycle.drain(0, closable), lifecycle.drain(0, closable)]);
    deepEqual(phases, ["draining", "closing", "closed"]);
  });
});
