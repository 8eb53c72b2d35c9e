import { deepEqual, equal, match, ok } from "node:assert/strict";
import { AddressRates, CREATION_RULES } from "../../../app/common/http/creationRate.ts";
import { ask, startCompanyServer, stopCompanyServers } from "../../drivers/companyServer.ts";
import {
  newDocument,
  startDocumentServer,
  stopDocumentServers,
} from "../../drivers/documentServer.ts";
import { endFronts, startFront } from "../../support/httpFront.ts";
import { usePostgres } from "../../drivers/postgres.ts";
import { waitFor } from "../../drivers/waitFor.ts";

/** So many that time brings back few of them. */
const MANY = 100;

type AddressOf = (index: number) => string;

/** Asks to create something that has faults, which counts as much; how often it is not refused for its rate. */
async function taken(url: string, count: number, forwardedFor?: AddressOf): Promise<number> {
  let sum = 0;
  for (let index = 0; index < count; index++) {
    const headers = {
      "Content-Type": "application/json",
      ...(forwardedFor && { "X-Forwarded-For": forwardedFor(index) }),
    };
    const { status } = await ask(url, { method: "POST", headers, body: "[]" });
    ok(status === 422 || status === 429, String(status));
    sum += status === 422 ? 1 : 0;
  }
  return sum;
}

function assertBurst(count: number): void {
  ok(count >= 10 && count < MANY, `${count} were taken`);
}

describe("the rate limit of creations", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    await endFronts();
    await stopCompanyServers();
    await stopDocumentServers();
  });

  const startCompany = async (): Promise<string> => {
    const choices = { maxCreationsPerSecond: 1 };
    return (await startCompanyServer(await postgres.newDatabase(), choices)).origin;
  };

  it("applies to each address after a burst of ten seconds' worth, and recovers over time", async () => {
    const url = `${await startCompany()}/companies`;
    assertBurst(await taken(url, MANY, () => "192.0.2.1"));
    const again = () =>
      ask(url, { method: "POST", headers: { "X-Forwarded-For": "192.0.2.1" }, body: "" });
    const refused = [await again(), await again()].find(({ status }) => status === 429);
    match(refused?.headers.get("Retry-After") ?? "", /^1$/);
    equal((refused?.body as { type: string }).type, "urn:problem-type:too-many-creations");
    equal((await ask(url)).status, 200);
    equal(await taken(url, 10, () => "192.0.2.2"), 10);
    await waitFor("it may again", async () => (await again()).status !== 429);
  });

  it("applies to the address that the load balancer adds, whatever the client sends", async () => {
    const origin = await startCompany();
    const url = `${origin}/companies`;
    assertBurst(await taken(url, MANY, (index) => `198.51.100.${index}, 192.0.2.1`));
    // Who says nothing that is an address has that of the connection.
    assertBurst(await taken(url, MANY, (index) => "x".repeat(1000) + String(index)));
    const port = Number(new URL(origin).port);
    const front = await startFront("none", [{ name: "a", id: "a", port }]);
    const forged = await taken(`${front}/companies`, MANY, (index) => `203.0.113.${index}`);
    ok(forged < MANY, `${forged} were taken`);
  });

  it("applies to an IPv6 network, in which a client can have any address", async () => {
    const url = `${await startCompany()}/companies`;
    const mapped: AddressOf = (index) => (index % 2 ? "::ffff:192.0.2.9" : "192.0.2.9");
    assertBurst(await taken(url, MANY, mapped));
    assertBurst(await taken(url, MANY, (index) => `2001:DB8:0:1:${index}::1`));
    equal(await taken(url, 10, () => "2001:db8:0:2::1"), 10);
  });

  it("is shared by new addresses once ten thousand addresses have created something", () => {
    const rates = new AddressRates(1);
    const takenFrom = (network: number, count: number): number =>
      Array.from({ length: count }, (_, index) =>
        rates.of(`10.${network}.${index >> 8}.${index & 255}`).take(),
      ).filter(Boolean).length;
    equal(takenFrom(0, 10_000), 10_000);
    assertBurst(takenFrom(1, MANY));
  });

  it("applies to documents and their versions together", async () => {
    const { origin } = await startDocumentServer(await postgres.newDatabase(), {
      maxCreationsPerSecond: 1,
    });
    const id = await newDocument(origin);
    assertBurst(1 + (await taken(`${origin}/documents/${id}/versions`, MANY)));
    ok((await taken(`${origin}/documents`, 10)) < 10);
    equal((await ask(`${origin}/documents/${id}`)).status, 200);
  });

  it("is 20 per second unless the environment sets another one", () => {
    const rule = CREATION_RULES.MAX_CREATIONS_PER_SECOND;
    deepEqual([rule.parse(undefined), rule.parse("5")], [20, 5]);
    equal(rule.safeParse("0").success, false);
  });
});
