import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { stopCompanyServers } from "../drivers/companyServer.ts";
import { endFronts } from "../support/httpFront.ts";
import {
  companyApp,
  frontOf,
  ownerOf,
  pipelinesTo,
  requestsTo,
  roomApp,
  send,
  type KeyedApp,
  type SeenAnswer,
} from "../support/keyedApps.ts";
import { usePostgres } from "../drivers/postgres.ts";
import { endRawConnections } from "../support/rawHttp.ts";
import { Fleet, withKey } from "./routers.ts";

const RUNS = 1500;

/** What the front says of JSON that HAProxy passes on although it may find another key in it. */
const UNSEEN_BY_HAPROXY = /"room must be a string|one member room, not more|at most 20 levels/;

describe("HAProxy, the front and the app", () => {
  const postgres = usePostgres();
  let fleet: Fleet;

  beforeEach(async () => {
    fleet = await Fleet.of(1);
  });
  afterEach(async () => {
    endRawConnections();
    await endFronts();
    await fleet.stop();
    await stopCompanyServers();
  });

  async function routerOf({ routes, handle }: KeyedApp): Promise<string> {
    fleet.replicas.forEach((replica) => (replica.handle = handle));
    const { port } = await fleet.route({ routes }, (config) =>
      withKey(config).replace(" accept-proxy", ""),
    );
    return `http://127.0.0.1:${port}`;
  }

  const apps = {
    "an app that reads keys from Fastify": () => roomApp({ isChecking: true }),
    "the company registry": async () => companyApp(await postgres.newDatabase()),
  };
  for (const [name, start] of Object.entries(apps)) {
    it(`agree on the key of every request that ${name} accepts`, async () => {
      const app = await start();
      const [router, front] = await Promise.all([routerOf(app), frontOf(app)]);
      const agree = fc.asyncProperty(requestsTo(app), async ({ bytes, plainKey }) => {
        const [[routed], [fronted]] = await Promise.all([send(router, bytes), send(front, bytes)]);
        const [key, keyByFront] = [routed, fronted].map((answer) => answer && app.keyIn(answer));
        if (key !== undefined) {
          equal(keyOfRouter(routed), inHex(key), routed?.text);
        }
        if (keyByFront !== undefined) {
          equal(fronted?.header("X-Chosen"), ownerOf(keyByFront), fronted?.text);
          // What HAProxy refuses itself, no replica does anything about.
          if (routed?.header("X-Replica") !== undefined) {
            equal(keyOfRouter(routed), inHex(keyByFront), routed.text);
          }
        }
        if (plainKey !== undefined) {
          deepEqual([key, keyByFront], [plainKey, plainKey], routed?.text);
        }
      });
      await fc.assert(agree, { numRuns: RUNS });
    });
  }

  it("agree on keys in front of an app that checks nothing, except in JSON that only a parser understands", async () => {
    const app = await roomApp({ isChecking: false });
    const [router, front] = await Promise.all([routerOf(app), frontOf(app)]);
    const agree = fc.asyncProperty(requestsTo(app), async ({ bytes, plainKey }) => {
      const [[routed], [fronted]] = await Promise.all([send(router, bytes), send(front, bytes)]);
      const [key, keyByFront] = [routed, fronted].map((answer) => answer && app.keyIn(answer));
      if (key !== undefined && !UNSEEN_BY_HAPROXY.test(fronted?.text ?? "")) {
        equal(keyOfRouter(routed), inHex(key), routed?.text);
      }
      if (keyByFront !== undefined) {
        equal(fronted?.header("X-Chosen"), ownerOf(keyByFront), fronted?.text);
      }
      if (plainKey !== undefined) {
        deepEqual([key, keyByFront], [plainKey, plainKey], routed?.text);
      }
    });
    await fc.assert(agree, { numRuns: RUNS });
  });

  it("agree on the keys of several requests on one connection", async () => {
    const app = await roomApp({ isChecking: true });
    const router = await routerOf(app);
    const agree = fc.asyncProperty(pipelinesTo(app), async (requests) => {
      const answers = await send(router, ...requests.map(({ bytes }) => bytes));
      deepEqual(
        answers.map((answer) => [app.keyIn(answer), keyOfRouter(answer)]),
        requests.map(({ plainKey }) => [plainKey, plainKey && inHex(plainKey)]),
      );
    });
    await fc.assert(agree, { numRuns: 100 });
  });
});

function keyOfRouter(answer: SeenAnswer | undefined): string | undefined {
  return answer?.header("X-Key")?.toLowerCase();
}

function inHex(text: string): string {
  return Buffer.from(text).toString("hex");
}
