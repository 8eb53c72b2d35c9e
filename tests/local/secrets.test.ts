import { deepEqual, ok } from "node:assert/strict";
import { sentenceOf } from "../../app/contract/fault.ts";
import { checkWorkloads } from "../../config/workloads.ts";
import { readSecrets } from "../../local/secrets.ts";

const IMAGE = `registry.example/chat@sha256:${"1".repeat(64)}`;

describe("the secrets of workloads on this computer", () => {
  const before = process.env;
  afterEach(() => {
    process.env = before;
  });

  it("come from the environment, each workload's own, and a missing one is named", () => {
    const list = [
      { name: "chat", image: IMAGE, secrets: ["API_KEY", "TOKEN"] },
      { name: "board", image: IMAGE, secrets: ["TOKEN"] },
    ];
    const checked = checkWorkloads(list, "workloads");
    ok(checked.isRight);
    process.env = { API_KEY: "a", OTHER: "b" };
    const { by, faults } = readSecrets(checked.workloads);
    deepEqual(
      [...by],
      [
        ["chat", { API_KEY: "a" }],
        ["board", {}],
      ],
    );
    deepEqual(
      faults.map(sentenceOf),
      ["chat", "board"].map(
        (name) =>
          `TOKEN is not set; it must be set in the environment or in .env, because workload ${name} lists it in its secrets`,
      ),
    );
  });
});
