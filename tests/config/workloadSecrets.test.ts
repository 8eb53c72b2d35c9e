import { equal, ok } from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { valueOf } from "../mocks/mocks.ts";
import { loaded, refusal } from "./refusal.ts";

const CHAT = { name: "chat", image: `registry.example/chat@sha256:${"1".repeat(64)}` };

describe("the secrets of workloads", () => {
  const workloads = [{ ...CHAT, secrets: ["API_KEY"] }];
  const MARKER = "marker-4711";
  const COMMAND = "run: npx pulumi config set --secret --path 'secrets.chat.API_KEY'";

  it("become secret outputs by workload and variable", async () => {
    const { secrets } = await loaded("new", { workloads, secrets: { chat: { API_KEY: MARKER } } });
    const { API_KEY } = secrets.chat ?? {};
    ok(API_KEY);
    equal(await valueOf(API_KEY), MARKER);
    equal(await pulumi.isSecret(API_KEY), true);
  });

  it("are missing if only something that every object has bears the name", async () => {
    const odd = [{ ...CHAT, name: "constructor", secrets: ["name"] }];
    ok((await refusal({ workloads: odd })).includes("secrets.constructor.name is not set"));
    const same = [{ ...CHAT, secrets: ["toString"] }];
    ok(!(await refusal({ workloads: same })).includes("environment sets"));
  });

  it("may be digits, which Pulumi reads as a number", async () => {
    const { secrets } = await loaded("new", { workloads, secrets: { chat: { API_KEY: 42 } } });
    equal(await valueOf(secrets.chat?.API_KEY ?? ""), "42");
  });

  for (const [what, settings, fault] of [
    [
      "one is missing",
      { secrets: {} },
      `secrets.chat.API_KEY is not set; it must be set, because workload chat lists API_KEY in its secrets; ${COMMAND}`,
    ],
    [
      "one is not used",
      { secrets: { chat: { API_KEY: MARKER, OTHER: MARKER } } },
      "secrets.chat.OTHER is set, but no workload uses it; it must be in the secrets of a workload chat; add it there, or run: npx pulumi config rm --path 'secrets.chat.OTHER'",
    ],
    [
      "they have another form",
      { secrets: { chat: MARKER } },
      "secrets is set (secret, not shown); it must be values by workload and variable; run: npx pulumi config set --secret --path 'secrets.my-chat.API_KEY'",
    ],
  ] as const) {
    it(`are not shown when ${what}`, async () => {
      const message = await refusal({ workloads, ...settings });
      equal(message, `sockjs-sticky:${fault}`);
      equal(message.includes(MARKER), false);
    });
  }

  it("must be encrypted in the stack file", async () => {
    const message = await refusal({ workloads, secrets: { chat: { API_KEY: MARKER } } }, "new", []);
    ok(message.startsWith("sockjs-sticky:secrets is in plain text in the stack file; "), message);
    equal(message.includes(MARKER), false);
  });

  it("are other variables than those of the environment", async () => {
    const both = [{ ...CHAT, secrets: ["API_KEY"], environment: { API_KEY: "x" } }];
    equal(
      await refusal({ workloads: both, secrets: { chat: { API_KEY: MARKER } } }),
      "sockjs-sticky:workloads[0].secrets has API_KEY, which environment sets as well; it must be variables that environment does not set",
    );
  });
});
