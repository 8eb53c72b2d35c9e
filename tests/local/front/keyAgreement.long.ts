import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { stopCompanyServers } from "../../drivers/companyServer.ts";
import { endFronts } from "../../support/httpFront.ts";
import {
  companyApp,
  frontOf,
  ownerOf,
  pipelinesTo,
  requestsTo,
  roomApp,
  send,
} from "../../support/keyedApps.ts";
import { usePostgres } from "../../drivers/postgres.ts";
import { endRawConnections } from "../../support/rawHttp.ts";

const RUNS = 1000;

describe("the front and the app", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    endRawConnections();
    await endFronts();
    await stopCompanyServers();
  });

  const apps = {
    "an app that reads keys from Fastify": () => roomApp({ isChecking: true }),
    "an app that checks nothing": () => roomApp({ isChecking: false }),
    "the company registry": async () => companyApp(await postgres.newDatabase()),
  };
  for (const [name, start] of Object.entries(apps)) {
    it(`agree on the key of every request that ${name} accepts`, async () => {
      const app = await start();
      const front = await frontOf(app);
      const agree = fc.asyncProperty(requestsTo(app), async ({ bytes, plainKey }) => {
        const [answer] = await send(front, bytes);
        const key = answer && app.keyIn(answer);
        if (key !== undefined) {
          equal(answer?.header("X-Chosen"), ownerOf(key), answer?.text);
        }
        if (plainKey !== undefined) {
          equal(key, plainKey, answer?.text);
        }
      });
      await fc.assert(agree, { numRuns: RUNS });
    });
  }

  it("agree on the keys of several requests on one connection", async () => {
    const app = await roomApp({ isChecking: true });
    const front = await frontOf(app);
    const agree = fc.asyncProperty(pipelinesTo(app), async (requests) => {
      const answers = await send(front, ...requests.map(({ bytes }) => bytes));
      deepEqual(
        answers.map((answer) => [app.keyIn(answer), answer.header("X-Chosen")]),
        requests.map(({ plainKey = "" }) => [plainKey, ownerOf(plainKey)]),
      );
    });
    await fc.assert(agree, { numRuns: 100 });
  });
});
