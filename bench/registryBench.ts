import type { LocalRun } from "../tests/drivers/localRun.ts";
import type { HttpClient } from "../verify/visits/client.ts";
import { Latencies } from "../verify/latencies.ts";
import { AFFINITIES, compare, rotated, type Affinity } from "./contenders.ts";
import { openBrowsers, raceFor, violationsOf, type Creation } from "./creationRace.ts";

/** Number of business numbers that clients race for. */
const NUMBERS = 50;

/** Number of rounds; the affinities take turns in each, so other load on the computer affects all of them. */
const ROUNDS = 5;

/** The races: simultaneous creations, and the browsers that send them. */
const RACES = [
  { title: "20 people create the same company at once", creations: 20, browsers: 20 },
  { title: "one person creates a company twice at once", creations: 2, browsers: 1 },
] as const;
type Race = (typeof RACES)[number];

/** The results of a race. */
interface Outcome {
  creations: Creation[];
  violations: number;
  seconds: number;
}

/** Races for business numbers with each affinity, side by side, and prints the results. */
export async function benchRegistry(): Promise<void> {
  await compare("company", async (contenders) => {
    for (const race of RACES) {
      const outcomes: [Affinity, Outcome][] = [];
      for (let round = 0; round < ROUNDS; round++) {
        for (const { affinity, run } of rotated(contenders, round)) {
          outcomes.push([affinity, await raceIn(run, race, round)]);
        }
      }
      print(race, outcomes);
    }
  });
}

async function raceIn(run: LocalRun, race: Race, round: number): Promise<Outcome> {
  const browsers = await openBrowsers(run.origin, race.browsers);
  const before = await violationsOf(run);
  const began = performance.now();
  const creations: Creation[] = [];
  for (let each = 0; each < NUMBERS / ROUNDS; each++) {
    const number = `B${race.browsers}R${round}N${each}`;
    const racers = Array.from({ length: race.creations }, (_, n) => browsers[n % browsers.length]);
    creations.push(...(await raceFor(run.origin, number, racers as HttpClient[])));
  }
  const seconds = (performance.now() - began) / 1000;
  return { creations, violations: (await violationsOf(run)) - before, seconds };
}

function joined(outcomes: readonly Outcome[]): Outcome {
  return {
    creations: outcomes.flatMap(({ creations }) => creations),
    violations: outcomes.reduce((sum, { violations }) => sum + violations, 0),
    seconds: outcomes.reduce((sum, { seconds }) => sum + seconds, 0),
  };
}

function print(race: Race, outcomes: readonly [Affinity, Outcome][]): void {
  const figures = AFFINITIES.map((affinity) => {
    const rounds = outcomes.filter(([each]) => each === affinity).map(([, outcome]) => outcome);
    return { affinity, ...figuresOf(joined(rounds)) };
  });
  const [base] = figures;
  console.log(`\n${race.title} (${NUMBERS} numbers, ${race.creations} creations of each)`);
  console.table(
    Object.fromEntries(
      figures.map(({ affinity, created, perSecond, p50, p99, unanswered, violations }) => {
        const ratio = (value: number, to: number): string => `× ${(value / to).toFixed(2)}`;
        return [
          affinity,
          {
            created,
            unanswered,
            "violations of 1,000": violations.toFixed(0),
            "creations/s": `${perSecond.toFixed(0)} ${ratio(perSecond, base?.perSecond ?? 0)}`,
            "median ms": `${p50.toFixed(1)} ${ratio(p50, base?.p50 ?? 0)}`,
            "99 % ms": `${p99.toFixed(1)} ${ratio(p99, base?.p99 ?? 0)}`,
          },
        ];
      }),
    ),
  );
}

function figuresOf({ creations, seconds, violations }: Outcome) {
  return {
    created: creations.filter(({ status }) => status === 201).length,
    unanswered: creations.filter(({ status }) => status === 0).length,
    violations: (violations * 1000) / creations.length,
    perSecond: creations.length / seconds,
    ...Latencies.of(creations.map(({ ms }) => ms)).summary(),
  };
}
