import { deepEqual, equal, ok } from "node:assert/strict";
import { chooseReplica } from "../../../local/front/choice.ts";
import { highestScore } from "../../../local/front/rendezvous.ts";

const NAMES = ["echo-00001", "echo-00002", "echo-00003"];
const ADDRESSES = Array.from({ length: 1000 }, (_, n) => `127.0.${1 + (n >> 8)}.${n & 255}`);

describe("rendezvous hashing", () => {
  it("gives each of 3 replicas 27 to 40 % of 1000 addresses", () => {
    for (const name of NAMES) {
      const had = ADDRESSES.filter((address) => highestScore(NAMES, address) === name).length;
      ok(had >= 270 && had <= 400, `${name} has ${had}`);
    }
  });

  it("chooses the same replica whatever the order of the names", () => {
    const reversed = NAMES.toReversed();
    for (const address of ADDRESSES) {
      equal(highestScore(reversed, address), highestScore(NAMES, address));
    }
  });

  it("moves only the keys of a lost replica, and moves them back when the replica returns", () => {
    const left = NAMES.slice(1);
    for (const address of ADDRESSES) {
      const before = highestScore(NAMES, address);
      const after = highestScore(left, address);
      ok(before === "echo-00001" ? left.includes(after ?? "") : after === before);
    }
  });

  it("spreads the keys of a lost replica over all others", () => {
    const moved = ADDRESSES.filter((address) => highestScore(NAMES, address) === "echo-00001");
    const to = moved.map((address) => highestScore(NAMES.slice(1), address));
    deepEqual(new Set(to), new Set(["echo-00002", "echo-00003"]));
    ok(to.filter((name) => name === "echo-00002").length > moved.length / 3);
  });

  it("chooses nothing without a replica", () => {
    equal(highestScore([], "127.0.0.1"), undefined);
  });
});

describe("the choice of a replica", () => {
  const replicas = NAMES.map((name) => ({ name }));

  it("is the one that scores highest for a key", () => {
    for (const address of ADDRESSES) {
      equal(chooseReplica(replicas, address)?.name, highestScore(NAMES, address));
    }
    equal(chooseReplica(replicas, "")?.name, highestScore(NAMES, ""));
  });

  it("is arbitrary without a key, and undefined without a replica", () => {
    const chosen = Array.from({ length: 100 }, () => chooseReplica(replicas)?.name);
    deepEqual(new Set(chosen), new Set(NAMES));
    const nobody: typeof replicas = [];
    equal(chooseReplica(nobody), undefined);
    equal(chooseReplica(nobody, "key"), undefined);
  });
});
