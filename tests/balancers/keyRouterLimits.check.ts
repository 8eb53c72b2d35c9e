import { deepEqual, equal, match } from "node:assert/strict";
import { request } from "node:http";
import { ask, connectAs, type AskOptions } from "./routerClient.ts";
import { Fleet, type Router } from "./routers.ts";

/** What HAProxy promises, see the constants of its configuration. */
const BODY_LIMIT = 32_768;

/** Headers that are about as long, and as many, as there may be. */
const MANY_HEADERS = Object.fromEntries(
  Array.from({ length: 90 }, (_, n) => [`X-${n}`, "y".repeat(79)]),
);

const CHUNKED = { "Transfer-Encoding": "chunked" };

/** A body of a length whose key stands at its end. */
function bodyOf(length: number, key: string): string {
  const body = JSON.stringify({ legalName: "", businessNumber: key });
  return body.replace('""', `"${"x".repeat(length - body.length)}"`);
}

function inPieces(body: string, size: number): string[] {
  return body.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
}

describe("a key router", () => {
  let fleet: Fleet;
  let router: Router;
  before(async () => {
    fleet = await Fleet.of(3);
    router = await fleet.route();
    fleet.replicas.forEach((replica) => {
      replica.handle = (incoming, response) => {
        incoming.resume().once("end", () => response.end(replica.name));
      };
    });
  });
  beforeEach(() => fleet.forget());
  after(() => fleet.stop());

  /** The answer, its body read as the problem that it is. */
  const refusal = async (options: AskOptions, path = "/companies") => {
    const { body, headers, status } = await ask(router, path, { method: "POST", ...options });
    return { status, type: headers["content-type"], problem: JSON.parse(body) as unknown };
  };

  it("finds a key at the end of the largest body with the largest head, however it is chunked", async () => {
    const path = `/companies?${"q".repeat(4000)}`;
    for (const key of ["BN1", "BN2", "BN3", "BN4", "BN5", "BN6"]) {
      const { body: owner } = await ask(router, `/companies/${key}`);
      const body = bodyOf(BODY_LIMIT, key);
      const announced = { method: "POST", headers: MANY_HEADERS, body };
      equal((await ask(router, path, announced)).body, owner);
      for (const size of [1, 7, 1000, BODY_LIMIT]) {
        const headers = { ...MANY_HEADERS, ...CHUNKED };
        const options = { method: "POST", headers, body: inPieces(body, size) };
        equal((await ask(router, path, options)).body, owner, `in chunks of ${size}`);
      }
    }
  });

  it("rejects a larger body with 413, announced or not, and sends it to no replica", async () => {
    const tooLarge = {
      status: 413,
      type: "application/problem+json",
      problem: {
        type: "about:blank",
        title: "Payload Too Large",
        status: 413,
        detail: "the body is larger than 32768 bytes",
      },
    };
    for (const length of [BODY_LIMIT + 1, 60_000, 1_000_000]) {
      const headers = { "Content-Length": String(length) };
      deepEqual(await refusal({ headers, isUnfinished: true }), tooLarge);
    }
    for (const headers of [CHUNKED, { ...MANY_HEADERS, ...CHUNKED }]) {
      for (const size of [1, 7, 1000, BODY_LIMIT + 1]) {
        const body = inPieces(bodyOf(BODY_LIMIT + 1, "BN1"), size);
        deepEqual(await refusal({ headers, body }), tooLarge);
      }
    }
    deepEqual(fleet.requests(), []);
  });

  it("sends a body that never ends to no replica", async () => {
    const endless = request({
      method: "POST",
      path: "/companies",
      createConnection: () => connectAs(router.port),
    });
    const ended = new Promise((resolve) => endless.once("close", resolve).once("error", resolve));
    endless.once("response", () => endless.destroy());
    const writing = setInterval(() => endless.write("x".repeat(16_384)), 1);
    await ended;
    clearInterval(writing);
    deepEqual(fleet.requests(), []);
  });

  it("answers 408 if a body does not arrive", async () => {
    const headers = { "Content-Length": "100" };
    const { problem, status, type } = await refusal({ headers, body: ["{"], isUnfinished: true });
    equal(status, 408);
    equal(type, "application/problem+json");
    match(JSON.stringify(problem), /"the request did not arrive in time"/);
    deepEqual(fleet.requests(), []);
  });

  it("rejects long headers with 431, and a long URI with 414", async () => {
    const long = await refusal({ headers: { X: "y".repeat(8200) } });
    equal(long.status, 431);
    match(JSON.stringify(long.problem), /"the headers are larger than 8192 bytes"/);
    const uri = await refusal({}, `/${"u".repeat(4096)}`);
    equal(uri.status, 414);
    match(JSON.stringify(uri.problem), /"the URI is longer than 4096 bytes"/);
    deepEqual(fleet.requests(), []);
  });

  it("does not limit a body without a key", async () => {
    const body = "x".repeat(200_000);
    equal((await ask(router, "/companies", { method: "PUT", body })).status, 200);
    equal(fleet.requests().length, 1);
  });
});
