import { deepEqual, equal, match, notEqual, ok, rejects } from "node:assert/strict";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { WebSocket, WebSocketServer } from "ws";
import { waitFor } from "../drivers/waitFor.ts";
import { ask, connectAs, type Answer } from "./routerClient.ts";
import { Fleet, hostOf, isUp, knowsInitState, Replica, type Router } from "./routers.ts";

const KEYS = Array.from({ length: 60 }, (_, n) => `BN ${100_000 + n}`);

/** The replica that answers for each key, asked by path or, with `create`, by body. */
async function owners(router: Router, keys = KEYS, create = false): Promise<Map<string, string>> {
  const owned = new Map<string, string>();
  for (const key of keys) {
    const { headers, status } = create
      ? await ask(router, "/companies", { method: "POST", body: bodyWith(key) })
      : await ask(router, `/companies/${encodeURIComponent(key)}`);
    equal(status, 200);
    owned.set(key, String(headers["x-replica"]));
  }
  return owned;
}

function bodyWith(businessNumber: string): string {
  return JSON.stringify({ legalName: "Ours", businessNumber });
}

function keysOf(owned: Map<string, string>, replica: Replica): string[] {
  return [...owned].filter(([, owner]) => owner === replica.name).map(([key]) => key);
}

describe("a key router", () => {
  let fleet: Fleet;
  beforeEach(async () => {
    fleet = await Fleet.of(3);
  });
  afterEach(() => fleet.stop());

  const at = (ordinal: number): Replica => {
    const replica = fleet.replicas[ordinal];
    ok(replica);
    return replica;
  };

  it("sends a key to one replica, through any router, by any route and in any spelling", async () => {
    const [first, second] = [await fleet.route(), await fleet.route()];
    const owned = await owners(first);
    equal(new Set(owned.values()).size, 3);
    deepEqual(await owners(second, KEYS.toReversed()), owned);
    deepEqual(await owners(first, KEYS.toReversed(), true), owned);
    deepEqual(await owners(second, KEYS.toReversed(), true), owned);
    for (const [key, owner] of owned) {
      const written = key.replace(" ", "-").toLowerCase();
      const { headers } = await ask(second, `/companies/${written}`, { method: "HEAD" });
      equal(headers["x-replica"], owner, written);
    }
  });

  it("sends keys to the same replicas if those are listed in another order, or some are absent", async () => {
    const owned = await owners(await fleet.route());
    const reversed = await fleet.route({ replicas: 9 }, (config) =>
      config.replaceAll(/( {2}server .*\n)+/g, (servers) =>
        servers.trimEnd().split("\n").toReversed().join("\n").concat("\n"),
      ),
    );
    deepEqual(await owners(reversed), owned);
  });

  it("moves only the keys of a replica that stops, and moves them back when it returns", async () => {
    const routers = [await fleet.route(), await fleet.route()] as const;
    const owned = await owners(routers[0]);
    const gone = at(1);
    await gone.kill();
    await Promise.all(
      routers.map((each) => waitFor("it is down", async () => !(await isUp(each, gone.name)))),
    );
    const meanwhile = await owners(routers[0]);
    deepEqual(await owners(routers[1]), meanwhile);
    const moved = KEYS.filter((key) => meanwhile.get(key) !== owned.get(key));
    deepEqual(moved, keysOf(owned, gone));
    equal(new Set(moved.map((key) => meanwhile.get(key))).size, 2);

    // As a pod that is replaced: another address, and for a moment no name.
    fleet.names.addresses.delete(hostOf(gone));
    await fleet.add(new Replica(1, "127.0.1.101"));
    await Promise.all(routers.map((each) => waitFor("it is back", () => isUp(each, gone.name))));
    deepEqual(await owners(routers[0]), owned);
    deepEqual(await owners(routers[1]), owned);
  });

  if (knowsInitState) {
    it("sends nothing to a replica that has a name but is not ready yet", async () => {
      const router = await fleet.route({ replicas: 4 });
      const late = new Replica(3);
      late.isReady = false;
      await fleet.add(late);
      await waitFor("it was found", () => late.checks > 3);
      equal(new Set((await owners(router)).values()).size, 3);
      late.isReady = true;
      await waitFor("it is up", () => isUp(router, late.name));
      equal(new Set((await owners(router)).values()).size, 4);
    });
  }

  it("stops using an address without a name, even if it still responds", async () => {
    const router = await fleet.route();
    fleet.names.addresses.delete(hostOf(at(1)));
    await waitFor("it is left", async () => !(await isUp(router, at(1).name)));
    equal(new Set((await owners(router)).values()).has(at(1).name), false);
  });

  it("moves the keys of a draining replica within seconds, and lets it finish its requests", async () => {
    const router = await fleet.route();
    const owned = await owners(router);
    const draining = at(2);
    const [key = ""] = keysOf(owned, draining);
    let finish = (): void => undefined;
    draining.handle = (_request, response) => (finish = () => response.end("late"));
    const begun = draining.requests.length;
    const answer = ask(router, `/companies/${encodeURIComponent(key)}`);
    await waitFor("it is asked", () => draining.requests.length > begun);
    draining.isReady = false;
    await waitFor("it is down", async () => !(await isUp(router, draining.name)));
    notEqual((await owners(router, [key])).get(key), draining.name);
    finish();
    equal((await answer).body, "late");
  });

  it("spreads requests without a key over all replicas", async () => {
    const router = await fleet.route();
    const requests: (() => Promise<Answer>)[] = [
      () => ask(router, "/"),
      () => ask(router, "/companies?limit=5"),
      () => ask(router, "/companies/"),
      () => ask(router, "/companies2/BN1"),
      () => ask(router, "/companies/%20-"),
      () => ask(router, "/companies/BN1", { method: "DELETE" }),
      () => ask(router, "/companies", { method: "POST" }),
      () => ask(router, "/companies", { method: "POST", body: "{no JSON" }),
      () => ask(router, "/companies", { method: "POST", body: bodyWith(" - ") }),
      () => ask(router, "/companies/x", { method: "POST", body: bodyWith("BN1") }),
      () => ask(router, "/companies", { method: "PUT", body: bodyWith("BN1") }),
    ];
    for (const again of requests) {
      const answers = await Promise.all(Array.from({ length: 30 }, again));
      const names = new Set(answers.map(({ headers }) => headers["x-replica"]));
      equal(names.size, 3, String(again));
    }
  });

  it("sends a request to another replica if its own accepts no connection", async () => {
    const router = await fleet.route();
    const owned = await owners(router);
    const [key = ""] = keysOf(owned, at(0));
    await at(0).kill();
    const { headers, status } = await ask(router, "/companies", {
      method: "POST",
      body: bodyWith(key),
    });
    equal(status, 200);
    notEqual(headers["x-replica"], "company-0");
  });

  it("never repeats a request that a replica may have carried out", async () => {
    const router = await fleet.route();
    for (const replica of fleet.replicas) {
      replica.handle = (incoming) => incoming.resume().once("end", () => incoming.socket.destroy());
    }
    const { body, headers, status } = await ask(router, "/companies", {
      method: "POST",
      body: bodyWith("BN 1"),
    });
    equal(status, 502);
    equal(headers["content-type"], "application/problem+json");
    match(body, /may have carried out the request/);
    equal(fleet.requests().length, 1);
  });

  it("forwards WebSockets by key, too", async () => {
    const router = await fleet.route();
    const owned = await owners(router);
    for (const { name, server } of fleet.replicas) {
      new WebSocketServer({ server }).on("connection", (socket) =>
        socket.on("message", () => socket.send(name)),
      );
    }
    for (const [key, owner] of [...owned].slice(0, 10)) {
      const socket = new WebSocket(`ws://127.0.0.1/companies/${encodeURIComponent(key)}`, {
        createConnection: () => connectAs(router.port),
      });
      await once(socket, "open");
      socket.send("who?");
      const [answer] = (await once(socket, "message")) as [Buffer];
      socket.terminate();
      equal(answer.toString(), owner);
    }
  });

  it("stops gracefully after it has answered all requests, also on kept-alive connections", async () => {
    const router = await fleet.route();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    agent.createConnection = () => connectAs(router.port);
    const askKept = (): Promise<string | undefined> =>
      new Promise((resolve, reject) => {
        request({ agent, path: "/companies/kept" }, (response) => {
          response.resume().once("end", () => resolve(response.headers.connection));
        })
          .once("error", reject)
          .end();
      });
    notEqual(await askKept(), "close");

    let finish = (): void => undefined;
    at(0).handle = (_request, response) => (finish = () => response.end("late"));
    at(1).handle = at(0).handle;
    at(2).handle = at(0).handle;
    fleet.forget();
    const answer = ask(router, "/");
    await waitFor("it is asked", () => fleet.requests().length === 1);
    const finishFirst = finish;
    router.child.kill("SIGUSR1");
    await waitFor("it takes no connections", () =>
      ask(router, "/router/readyz").then(
        () => false,
        () => true,
      ),
    );
    const kept = askKept();
    await waitFor("it is asked again", () => finish !== finishFirst);
    finish();
    finishFirst();
    equal(await kept, "close");
    equal((await answer).body, "late");
    equal(await router.ended, 0);
    await rejects(ask(router, "/"));
  });
});
