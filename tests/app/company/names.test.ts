import { equal, match } from "node:assert/strict";
import {
  ask,
  create,
  startCompanyServer,
  stopCompanyServers,
} from "../../drivers/companyServer.ts";
import { usePostgres } from "../../drivers/postgres.ts";

const MUSTER = { legalName: "Muster GmbH", businessNumber: "hrb 123-45" };

describe("legal names", () => {
  const postgres = usePostgres();

  const start = async (): Promise<string> =>
    (await startCompanyServer(await postgres.newDatabase())).origin;

  afterEach(stopCompanyServers);

  it("are stored trimmed and in NFC, with up to 200 characters of any script", async () => {
    const origin = await start();
    const named = async (legalName: string, businessNumber: string): Promise<unknown> =>
      ((await create(origin, { legalName, businessNumber })).body as { legalName?: string })
        .legalName;
    equal(await named("  Bru\u0308der \u00a0", "a1"), "Br\u00fcder");
    equal(await named("𝒳".repeat(200), "a2"), "𝒳".repeat(200));
    equal(await named("'); drop table company; --", "a3"), "'); drop table company; --");
    const { body } = await ask(`${origin}/companies/a1`);
    equal((body as { legalName: string }).legalName, "Br\u00fcder");
  });

  it("may contain joiners and combining marks", async () => {
    const origin = await start();
    for (const [index, legalName] of [
      "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
      "\u{1F469}\u200d\u{1F4BB} \u2764\ufe0f \u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
      "\u05d0\u05d1\u200e-1\u200f",
      "Donau\u00addampf",
      "\u0e01\u200b\u0e02",
      "e\u0301",
      "\u2460",
      "-",
      "$",
    ].entries()) {
      const { status, body } = await create(origin, { legalName, businessNumber: `a${index}` });
      equal(status, 201, legalName);
      equal((body as { legalName: string }).legalName, legalName.normalize("NFC"));
    }
  });

  it("are rejected if they are invisible, or displayed in another order", async () => {
    const origin = await start();
    for (const [legalName, wrong] of [
      ["x".repeat(201)],
      ["a\nb", "U+000A"],
      ["a\0b", "U+0000"],
      ["a\u2028b", "U+2028"],
      ["a\ud800", "U+D800"],
      ["GmbH \u202ehcsifuaK", "U+202E"],
      ["\u202aa", "U+202A"],
      ["a\u2066b\u2069", "U+2066"],
      ["a\u2069", "U+2069"],
      ["\u200b"],
      ["\u3164"],
      ["\uffa0\u115f\u1160"],
      ["\u2800"],
      ["\u00ad"],
      ["\ufe0f"],
      ["\u{E0041}\u{E007F}"],
      ["\u0301"],
      ["\u034f\u200d\u2060"],
      ["\u{1D159} \u200e"],
      ["\ue000"],
    ] as const) {
      const answer = await create(origin, { ...MUSTER, legalName });
      equal(answer.status, 422, JSON.stringify(legalName));
      const { detail, errors } = answer.body as { detail: string; errors: { pointer: string }[] };
      equal(errors[0]?.pointer, "#/legalName");
      equal(/U\+[0-9A-F]{4,}/.exec(detail)?.[0], wrong);
      // The error itself contains no such character.
      match(detail, /^[^\p{Cc}\p{Cf}\p{Zl}\p{DI}]*$/u);
    }
  });
});
