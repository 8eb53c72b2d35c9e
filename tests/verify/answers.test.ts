import { equal } from "node:assert/strict";
import { replicaInEvent } from "../../verify/socketio/answers.ts";

const NAMED = { from: "json", what: "server" } as const;

describe("an event of Socket.IO", () => {
  it("names its replica beside a function that acknowledges it", () => {
    equal(replicaInEvent(NAMED, [{ server: "a" }, () => undefined]), "a");
    equal(replicaInEvent(NAMED, [() => undefined]), "");
  });

  it("names no replica if it is nested too deeply", () => {
    let deep: unknown[] = [];
    for (let depth = 0; depth < 100_000; depth++) {
      deep = [deep];
    }
    equal(replicaInEvent(NAMED, [deep]), "");
  });
});
