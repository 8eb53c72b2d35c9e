import { deepEqual, equal } from "node:assert/strict";
import { openBrowsers, raceFor, type Creation } from "../../bench/race.ts";
import { startPostgres, type Postgres } from "../../local/postgres.ts";
import { metric } from "../support/echoServer.ts";
import { endRuns, runNode, type Run } from "../support/localRun.ts";
import { newDatabase, queryRows } from "../support/postgres.ts";
import { waitFor } from "../support/waitFor.ts";
import { freePort } from "./balancers.ts";
import { Fleet, isUp, PODS, type Router } from "./routers.ts";

const REPLICAS = [0, 1, 2];
const NUMBERS = 50;
const PEOPLE = 20;

const nameOf = (ordinal: number): string => `${PODS.statefulSet}-${ordinal}`;
const addressOf = (ordinal: number): string => `127.0.1.${ordinal + 1}`;

describe("the company registry behind key routers", () => {
  let postgres: Postgres;
  let fleet: Fleet;
  let port: number;
  let url: string;
  let routers: [Router, Router];
  let replicas: Run[];

  before(async () => {
    postgres = await startPostgres({ ephemeral: true }, 50);
  });
  after(() => postgres.stop());

  beforeEach(async () => {
    url = await newDatabase(postgres.url);
    port = await freePort();
    fleet = await Fleet.of(0);
    for (const ordinal of REPLICAS) {
      const host = `${nameOf(ordinal)}.${PODS.serviceName}.${PODS.namespace}.svc.cluster.local`;
      fleet.names.addresses.set(host, addressOf(ordinal));
    }
    replicas = REPLICAS.map(startReplica);
    // HAProxy 2.6 takes a replica whose name it finds for one that is up, until its checks say otherwise.
    for (const ordinal of REPLICAS) {
      const readiness = `http://${addressOf(ordinal)}:${port}/readyz`;
      await waitFor(
        "the replica is ready",
        () =>
          fetch(readiness).then(
            ({ ok }) => ok,
            () => false,
          ),
        20,
      );
    }
    routers = [await route(), await route()];
  });
  afterEach(async () => {
    await endRuns();
    await fleet.stop();
  });

  /** The app as the image runs it. */
  function startReplica(ordinal: number): Run {
    return runNode("app/main.ts", [], {
      APP: "company",
      HOST: addressOf(ordinal),
      PORT: String(port),
      REPLICA_NAME: nameOf(ordinal),
      DRAIN_SECONDS: "0",
      DATABASE_URL: url,
      DATABASE_TLS: "off",
      LOG_LEVEL: "error",
    });
  }

  /** Without the PROXY header, which a load balancer would put before what these clients send. */
  async function route(): Promise<Router> {
    const router = await fleet.route({ replicas: REPLICAS.length, port }, (config) =>
      config.replace(" accept-proxy", ""),
    );
    for (const ordinal of REPLICAS) {
      await waitFor("all replicas are up", () => isUp(router, nameOf(ordinal)), 20);
    }
    return router;
  }

  /** Twenty people for each number, half of them by each router. */
  async function race(): Promise<Creation[]> {
    const sides = await Promise.all(
      routers.map(async (router) => {
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
      url,
      "select business_number from company order by 1",
    );
    deepEqual(
      rows.map((row) => row.business_number),
      numbers,
    );
  }

  it("never meets the database's constraint, whichever router is asked", async () => {
    const creations = await race();
    await expectOneOfEach(creations);
    const owners = Map.groupBy(creations, ({ businessNumber }) => businessNumber);
    for (const [number, answers] of owners) {
      equal(new Set(answers.map(({ replica }) => replica)).size, 1, number);
    }
    const violations = await Promise.all(
      REPLICAS.map((ordinal) =>
        metric(`http://${addressOf(ordinal)}:${port}`, "companies_constraint_violations_total"),
      ),
    );
    deepEqual(violations, [0, 0, 0]);
  });

  it("answers everybody and doubles nothing while replicas are killed and come back", async () => {
    const racing = race();
    for (const [ordinal, replica] of replicas.entries()) {
      replica.child.kill("SIGKILL");
      await waitFor("a router has seen it", async () => !(await isUp(routers[0], nameOf(ordinal))));
      startReplica(ordinal);
    }
    await expectOneOfEach(await racing);
  });
});
