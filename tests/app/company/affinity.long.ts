import { deepEqual, equal, ok } from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { openBrowsers, raceFor, violationsOf, type Creation } from "../../../bench/creationRace.ts";
import { endRuns, pidOf, replicasOf, startLocal, type LocalRun } from "../../drivers/localRun.ts";

const NUMBERS = 8;
const PEOPLE = 20;

/** Races until one violates the constraint, at most. */
const MOST_RACES = 50;

/** Milliseconds between two kills: a killed replica has hardly restarted before the next kill. */
const KILL_MS = 500;

interface Company {
  businessNumber: string;
}

function start(affinity: string): Promise<LocalRun> {
  const flags = ["--workloads", "company", "--ephemeral", "--affinity", `company=${affinity}`];
  return startLocal(...flags);
}

/** Twenty people, or one who clicks twice, for each number in turn. */
async function raceAll(run: LocalRun, browserCount: number, creations: number) {
  const browsers = await openBrowsers(run.origin, browserCount);
  const all: Creation[] = [];
  for (let each = 0; each < NUMBERS; each++) {
    const racers = Array.from({ length: creations }, (_, n) => browsers[n % browserCount]);
    all.push(
      ...(await raceFor(
        run.origin,
        `RACE${each}`,
        racers.filter((one) => one !== undefined),
      )),
    );
  }
  return all;
}

/** Who created each number, and how many got the response that it exists. */
function statusesOf(creations: readonly Creation[]): Record<string, number[]> {
  const groups = Object.groupBy(creations, ({ businessNumber }) => businessNumber);
  return Object.fromEntries(
    Object.entries(groups).map(([number, group = []]) => [
      number,
      group.map(({ status }) => status).toSorted(),
    ]),
  );
}

async function registered(origin: string): Promise<string[]> {
  const response = await fetch(`${origin}/companies?limit=100`);
  const { companies } = (await response.json()) as { companies: Company[] };
  return companies.map(({ businessNumber }) => businessNumber);
}

const NAMES = Array.from({ length: NUMBERS }, (_, each) => `RACE${each}`);
const ONE_OF_ALL = Object.fromEntries(
  NAMES.map((name) => [name, [201, ...Array<number>(PEOPLE - 1).fill(409)]]),
);

describe("company registry behind a front, under concurrent creations", () => {
  afterEach(endRuns);

  it("never violates the database's constraint with affinity by key", async () => {
    const run = await start("key");
    deepEqual(statusesOf(await raceAll(run, PEOPLE, PEOPLE)), ONE_OF_ALL);
    equal(await violationsOf(run), 0);
    deepEqual(await registered(run.origin), NAMES);
  });

  it("violates it with affinity by cookie if several people create a number, but not if one person repeats", async () => {
    const run = await start("cookie");
    const twice = statusesOf(await raceAll(run, 1, 2));
    deepEqual(twice, Object.fromEntries(NAMES.map((name) => [name, [201, 409]])));
    equal(await violationsOf(run), 0);
    const browsers = await openBrowsers(run.origin, PEOPLE);
    // On a busy computer, few of the creations are looked up at the same time.
    for (let each = 0; each < MOST_RACES && (await violationsOf(run)) === 0; each++) {
      await raceFor(run.origin, `MANY${each}`, browsers);
    }
    ok((await violationsOf(run)) > 0);
  });

  it("violates it without affinity even if one person repeats", async () => {
    const run = await start("none");
    const statuses = statusesOf(await raceAll(run, 1, 10));
    const one = [201, ...Array<number>(9).fill(409)];
    deepEqual(statuses, Object.fromEntries(NAMES.map((name) => [name, one])));
    ok((await violationsOf(run)) > 0);
  });

  for (const affinity of ["none", "cookie", "key"]) {
    it(`answers everybody and duplicates nothing with affinity ${affinity} while replicas are killed`, async () => {
      const run = await start(affinity);
      const racing = raceAll(run, PEOPLE, PEOPLE);
      for (const name of replicasOf(run).keys()) {
        process.kill(pidOf(run, name), "SIGKILL");
        await sleep(KILL_MS);
      }
      deepEqual(statusesOf(await racing), ONE_OF_ALL);
      deepEqual(await registered(run.origin), NAMES);
    });
  }
});
