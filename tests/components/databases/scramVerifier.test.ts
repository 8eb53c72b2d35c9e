import { equal, match, notEqual } from "node:assert/strict";
import { scramVerifier } from "../../../components/databases/scramVerifier.ts";

describe("scramVerifier", () => {
  it("has PostgreSQL's form and number of iterations", () => {
    match(
      scramVerifier("chat", "secret"),
      /^SCRAM-SHA-256\$4096:[\w+/]{22}==\$[\w+/]{43}=:[\w+/]{43}=$/,
    );
  });

  it("is the same for the same password, so nothing changes without a reason", () => {
    equal(scramVerifier("chat", "secret"), scramVerifier("chat", "secret"));
  });

  it("has another salt for another user or password", () => {
    const saltOf = (verifier: string): string | undefined => verifier.split(/[:$]/)[2];
    const salt = saltOf(scramVerifier("chat", "secret"));
    notEqual(salt, saltOf(scramVerifier("wiki", "secret")));
    notEqual(salt, saltOf(scramVerifier("chat", "another")));
  });
});
