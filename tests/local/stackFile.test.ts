import { deepEqual, throws } from "node:assert/strict";
import { workloadsIn } from "../../local/stackFile.ts";

const FILE = "Pulumi.mine.yaml";

const namesIn = (section: Record<string, unknown>): string[] =>
  workloadsIn(section, FILE).map(({ name }) => name);

describe("a stack file, as the local run reads it", () => {
  const workloads = [{ app: "company" }, { app: "echo", name: "second" }];

  it("names workloads with the project's namespace or without, as Pulumi accepts both", () => {
    it("rejects workloads that it has twice", () => {
      throws(() => namesIn({ workloads, "sockjs-sticky:workloads": workloads }), {
        name: "SettingsError",
        message: `${FILE}: workloads is set, as is sockjs-sticky:workloads; it must be set once`,
      });
    });

    for (const key of ["sockjs-sticky:workloads", "workloads"]) {
      deepEqual(namesIn({ "aws:region": "us-east-1", [key]: workloads }), ["company", "second"]);
    }
  });

  it("has the workloads of Pulumi.yaml by default", () => {
    deepEqual(namesIn({ "aws:region": "us-east-1" }), ["echo"]);
  });

  it("may have settings of other providers", () => {
    deepEqual(namesIn({ "kubernetes:workloads": [], workloads }), ["company", "second"]);
  });

  for (const key of ["sockjs-stiky:workloads", "sockjs:zones", "sockjs-sticky:bogus", "bogus"]) {
    it(`rejects ${key}, which nobody would read`, () => {
      throws(() => namesIn({ [key]: workloads }), {
        name: "SettingsError",
        message: /^Pulumi\.mine\.yaml: \S+ is not a setting; it must be /,
      });
    });
  }
});
