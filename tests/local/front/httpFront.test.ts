import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { once } from "node:events";
import { request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { highestScore } from "../../../local/front/rendezvous.ts";
import {
  connectionsOf,
  endFronts,
  kill,
  send,
  startFront,
  startReplica,
  startReplicas,
  type TestReplica,
} from "../../support/httpFront.ts";
import { waitFor } from "../../drivers/waitFor.ts";

/** More than the front holds by itself, and less than it and the system hold together. */
const ANSWER_BYTES = 1_000_000;

const NAMES = ["app-00001", "app-00002", "app-00003"];

/** The cookies that an answer sets, by name. */
function cookiesOf({ headers }: { headers: IncomingHttpHeaders }): Map<string, string> {
  return new Map(
    (headers["set-cookie"] ?? []).map((cookie) => {
      const at = cookie.indexOf("=");
      return [cookie.slice(0, at), cookie.slice(at + 1)] as const;
    }),
  );
}

describe("the HTTP front", () => {
  afterEach(endFronts);

  describe("by cookie", () => {
    it("sets its own cookie beside the app's, with the same lifetime, which scripts cannot read", async () => {
      const replicas = await startReplicas("app-00001");
      const answer = await send(await startFront("cookie", replicas));
      deepEqual(answer.headers["set-cookie"], [
        "app=1; Max-Age=60; Path=/",
        "AWSALBAPP-0=id-of-app-00001; Max-Age=60; Path=/; HttpOnly; SameSite=Lax",
      ]);
    });

    it("sets no cookie if the app sets none", async () => {
      const replica = await startReplica("app-00001", (_request, response) => response.end());
      const answer = await send(await startFront("cookie", [replica]));
      equal(answer.headers["set-cookie"], undefined);
    });

    it("gives its cookie the lifetime of the app's, also of the browser's session, or none", async () => {
      const replica = await startReplica("app-00001", ({ url }, response) =>
        response.setHeader("Set-Cookie", `app=1${url === "/end" ? "; Max-Age=0" : ""}`).end(),
      );
      const origin = await startFront("cookie", [replica]);
      const rest = "; Path=/; HttpOnly; SameSite=Lax";
      equal(cookiesOf(await send(origin)).get("AWSALBAPP-0"), `${replica.id}${rest}`);
      equal(
        cookiesOf(await send(`${origin}/end`)).get("AWSALBAPP-0"),
        `${replica.id}; Max-Age=0${rest}`,
      );
    });

    it("routes by its cookie to each replica", async () => {
      const replicas = await startReplicas(...NAMES);
      const origin = await startFront("cookie", replicas);
      for (const { id, name } of replicas) {
        for (let request = 0; request < 8; request++) {
          const headers = { Cookie: `app=1; AWSALBAPP-0=${id}` };
          equal((await send(origin, { headers })).body, name);
        }
      }
    });

    it("spreads requests that have its cookie but not the app's", async () => {
      const replicas = await startReplicas(...NAMES);
      const origin = await startFront("cookie", replicas);
      const headers = { Cookie: `AWSALBAPP-0=${replicas[0]?.id}` };
      equal((await bodies(origin, 40, { headers })).size, 3);
    });

    it("chooses another replica, and sets its cookie anew, if the replica of the cookie is gone", async () => {
      const replicas = await startReplicas(...NAMES);
      const [gone, ...left] = replicas as [TestReplica, ...TestReplica[]];
      const origin = await startFront("cookie", left);
      const headers = { Cookie: `app=1; AWSALBAPP-0=${gone.id}` };
      const answer = await send(origin, { headers });
      const chosen = left.find(({ name }) => name === answer.body);
      equal(cookiesOf(answer).get("AWSALBAPP-0")?.split(";")[0], chosen?.id);
      equal(gone.requests.length, 0);
    });

    it("sets its cookie for a client that has only the app's cookie", async () => {
      const replica = await startReplica("app-00001", (_request, response) => response.end());
      const origin = await startFront("cookie", [replica]);
      const first = await send(origin, { headers: { Cookie: "app=1" } });
      deepEqual(first.headers["set-cookie"], [
        "AWSALBAPP-0=id-of-app-00001; Max-Age=60; Path=/; HttpOnly; SameSite=Lax",
      ]);
      const headers = { Cookie: `app=1; AWSALBAPP-0=${replica.id}` };
      equal((await send(origin, { headers })).headers["set-cookie"], undefined);
    });
  });

  describe("by key", () => {
    it("sends every spelling of a key, in body or path, to the replica that rendezvous hashing chooses", async () => {
      const replicas = await startReplicas(...NAMES);
      const origin = await startFront("key", replicas);
      for (let number = 0; number < 20; number++) {
        const owner = highestScore(NAMES, `K${number}`);
        equal((await post(origin, `k-${number}`)).body, owner);
        equal((await post(origin, ` K ${number}`)).body, owner);
        equal((await send(`${origin}/things/k%2D${number}`)).body, owner);
      }
      ok(replicas.every(({ requests }) => requests.length > 0));
    });

    it("moves only the keys of a replica that is gone, and moves them back when it returns", async () => {
      const replicas = await startReplicas(...NAMES);
      const routable = [...replicas];
      const origin = await startFront("key", routable);
      const owners = async (): Promise<string[]> =>
        Promise.all(
          Array.from({ length: 30 }, async (_, number) => {
            return (await send(`${origin}/things/${number}`)).body;
          }),
        );
      const before = await owners();
      const gone = routable.splice(1, 1);
      const without = await owners();
      before.forEach((owner, key) => ok(owner === "app-00002" || without[key] === owner));
      ok(before.includes("app-00002") && !without.includes("app-00002"));
      routable.push(...gone);
      deepEqual(await owners(), before);
    });

    it("spreads requests without a key", async () => {
      const origin = await startFront("key", await startReplicas(...NAMES));
      equal((await bodies(`${origin}/things`, 40)).size, 3);
      equal((await bodies(`${origin}/things`, 40, { method: "POST" }, "{}")).size, 3);
    });

    it("forwards a body unchanged, with its length", async () => {
      const replica = await startReplica("app-00001", (request, response) => {
        response.setHeader("X-Length", String(request.headers["content-length"]));
        request.pipe(response);
      });
      const origin = await startFront("key", [replica]);
      const body = JSON.stringify({ id: "1", pad: "ä".repeat(10_000) });
      const headers = { "Transfer-Encoding": "chunked" };
      const answer = await send(`${origin}/things`, { method: "POST", headers }, body);
      equal(answer.body, body);
      equal(answer.headers["x-length"], String(Buffer.byteLength(body)));
    });
  });

  it("spreads every request with affinity none, whatever its cookies and its key", async () => {
    const replicas = await startReplicas(...NAMES);
    const origin = await startFront("none", replicas);
    const headers = { Cookie: `app=1; AWSALBAPP-0=${replicas[0]?.id}` };
    equal((await bodies(`${origin}/things/1`, 40, { headers })).size, 3);
    equal(cookiesOf(await send(origin)).has("AWSALBAPP-0"), false);
  });

  describe("when a replica is lost", () => {
    it("sends a request that it rejects to another one, with its body", async () => {
      const [dead, alive] = [
        await startReplica("app-00001"),
        await startReplica("app-00002", (request, response) => void request.pipe(response)),
      ];
      await kill(dead);
      const origin = await startFront("none", [dead, alive]);
      for (let request = 0; request < 20; request++) {
        equal((await send(origin, { method: "POST" }, "hello")).body, "hello");
      }
    });

    it("waits for a replica if there is none", async () => {
      const replicas: TestReplica[] = [];
      const origin = await startFront("key", replicas);
      const answer = send(`${origin}/things/1`);
      replicas.push(...(await startReplicas("app-00001")));
      equal((await answer).body, "app-00001");
    });

    it("does not repeat a request that broke off before the response, and reports it", async () => {
      const replicas = await Promise.all(
        NAMES.map((name) => startReplica(name, (request) => request.socket.destroy())),
      );
      const origin = await startFront("none", replicas);
      const { status, headers, body } = await send(origin, { method: "POST" }, "hello");
      equal(status, 503);
      equal(headers["retry-after"], "1");
      equal(headers["content-type"], "application/problem+json");
      match(
        body,
        /"status":503,"detail":"the replica disconnected; it may have carried out the request"/,
      );
      equal(replicas.flatMap(({ requests }) => requests).length, 1);
    });

    it("breaks off a response that the replica does not finish", async () => {
      const replica = await startReplica("app-00001", (_request, response) => {
        response.writeHead(200, { "Content-Length": "10" }).write("half");
        setTimeout(() => response.socket?.destroy(), 50);
      });
      const origin = await startFront("none", [replica]);
      await rejects(send(origin), { code: "ECONNRESET" });
    });

    it("closes the connection to the replica when the client disconnects", async () => {
      const gone: boolean[] = [];
      const replica = await startReplica("app-00001", (_request, response) => {
        response.write("begun");
        response.once("close", () => gone.push(true));
      });
      const origin = await startFront("none", [replica], { requestMs: 300 });
      const response = await fetch(origin);
      await response.body?.cancel();
      await waitFor("the replica knows", () => gone.length === 1);
    });
  });

  it("delivers the response of a replica that has exited to a slow client", async () => {
    const replica = await startReplica("app-00001", (_request, response) =>
      response.end(Buffer.alloc(ANSWER_BYTES)),
    );
    const outgoing = request(await startFront("none", [replica]), { agent: false }).end();
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    await waitFor("the replica is done", () => connectionsOf(replica) === 0);
    await kill(replica);
    const [{ byteLength }] = await Promise.all([buffer(response), endFronts()]);
    equal(byteLength, ANSWER_BYTES);
  });
});

function post(origin: string, id: string) {
  return send(`${origin}/things`, { method: "POST" }, JSON.stringify({ id }));
}

/** The different bodies of answers to the same request. */
async function bodies(
  url: string,
  count: number,
  options: Parameters<typeof send>[1] = {},
  body?: string,
): Promise<Set<string>> {
  const met = new Set<string>();
  for (let request = 0; request < count; request++) {
    met.add((await send(url, options, body)).body);
  }
  return met;
}
