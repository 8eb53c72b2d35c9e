import { deepEqual, equal } from "node:assert/strict";
import { openBrowsers, raceFor, type Creation } from "../../bench/creationRace.ts";
import { queryRows } from "../drivers/postgres.ts";
import { waitFor } from "../drivers/waitFor.ts";
import { nameOf, RoutedApp } from "./routedApp.ts";
import { isUp } from "./routers.ts";

const NUMBERS = 50;
const PEOPLE = 20;

describe("the company registry behind key routers", () => {
  const app = new RoutedApp("company", { DRAIN_SECONDS: "0", LOG_LEVEL: "error" });

  /** Twenty people for each number, half of them by each router. */
  async function race(): Promise<Creation[]> {
    const sides = await Promise.all(
      app.routers.map(async (router) => {
        const origin = `http://127.0.0.1:${router.port}`;
        return { origin, people: await openBrowsers(origin, PEOPLE / 2) };
      }),
    );
    const creations: Creation[] = [];
    for (let each = 0; each < NUMBERS; each++) {
      const races = sides.map(({ origin, people }) =>
        raceFor(origin, `HRB ${1000 + each}`, people),
      );
      creations.push(...(await Promise.all(races)).flat());
    }
    return creations;
  }

  async function expectOneOfEach(creations: readonly Creation[]): Promise<void> {
    const statuses = creations.map(({ status }) => status);
    equal(statuses.filter((status) => status === 201).length, NUMBERS);
    equal(statuses.filter((status) => status === 409).length, NUMBERS * (PEOPLE - 1));
    const created = creations.filter(({ status }) => status === 201);
    const numbers = created.map(({ businessNumber }) => businessNumber.replace(" ", "")).toSorted();
    const rows = await queryRows<{ business_number: string }>(
      app.databaseUrl,
      "select business_number from company order by 1",
    );
    deepEqual(
      rows.map((row) => row.business_number),
      numbers,
    );
  }

  it("never violates the database's constraint, whichever router gets a request", async () => {
    const creations = await race();
    await expectOneOfEach(creations);
    const owners = Map.groupBy(creations, ({ businessNumber }) => businessNumber);
    for (const [number, answers] of owners) {
      equal(new Set(answers.map(({ replica }) => replica)).size, 1, number);
    }
    deepEqual(await app.counts("companies_constraint_violations_total"), [0, 0, 0]);
  });

  it("answers everybody and duplicates nothing while replicas are killed and restarted", async () => {
    const racing = race();
    for (const [ordinal, replica] of app.replicas.entries()) {
      replica.child.kill("SIGKILL");
      await waitFor(
        "a router has seen it",
        async () => !(await isUp(app.routers[0], nameOf(ordinal))),
      );
      app.start(ordinal);
    }
    await expectOneOfEach(await racing);
  });
});
