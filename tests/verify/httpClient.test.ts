import { equal, deepEqual, rejects } from "node:assert/strict";
import type { RequestListener } from "node:http";
import { visitHttp } from "../../verify/http/httpVisit.ts";
import { HttpClient } from "../../verify/visits/client.ts";
import { requestFor } from "../../verify/visits/request.ts";
import { VisitSubject } from "../../verify/visits/visitSubject.ts";
import type { Break } from "../../verify/report.ts";
import { waitFor } from "../drivers/waitFor.ts";
import { listen } from "./httpFront.ts";
import { stopServers } from "./servers.ts";

const visit = visitHttp({ from: "header", what: "X-Replica" });

/** A server that sets these cookies, one after the other, and what it was sent. */
async function startCookies(cookies: readonly string[]) {
  const sent: (string | undefined)[] = [];
  const { url } = await listen((incoming, response) => {
    const cookie = cookies[sent.length];
    sent.push(incoming.headers.cookie);
    response.writeHead(200, cookie === undefined ? {} : { "Set-Cookie": cookie }).end();
  });
  return { request: requestFor(`${url}/companies`), sent };
}

/** What a client sends that gets these cookies; `hasCookie` after them. */
async function sentAfter(keepsCookies: boolean, ...cookies: string[]) {
  const { request, sent } = await startCookies(cookies);
  const client = new HttpClient({ source: undefined, keepsCookies });
  for (let round = 0; round <= cookies.length; round++) {
    await visit(client, request);
  }
  return { sent: sent.at(-1), hasCookie: client.hasCookie };
}

async function answerOf(handle: RequestListener) {
  const { url } = await listen(handle);
  return visit(new HttpClient({ source: undefined, keepsCookies: false }), requestFor(url));
}

describe("the verifier's HTTP client", () => {
  afterEach(stopServers);

  it("returns cookies of load balancers, whatever their names", async () => {
    deepEqual(
      await sentAfter(
        true,
        "AWSALBAPP-0=_x; Expires=Mon, 01 Jan 2999 00:00:00 GMT; Path=/",
        "com-sticky=1a; Max-Age=172800; Path=/; HttpOnly; SameSite=Lax",
        "SERVERID=s1",
      ),
      { sent: "AWSALBAPP-0=_x; com-sticky=1a; SERVERID=s1", hasCookie: true },
    );
  });

  it("forgets expired cookies and replaces those that are set again", async () => {
    const { sent } = await sentAfter(true, "a=1", "b=1", "a=2", "b=; Max-Age=0");
    equal(sent, "a=2");
  });

  const useless: [string, string][] = [
    ["for another path", "a=1; Path=/elsewhere"],
    ["for another domain", "a=1; Domain=a.example"],
    ["that is none", "=;;"],
  ];
  for (const [which, cookie] of useless) {
    it(`does not return a cookie ${which}`, async () => {
      deepEqual(await sentAfter(true, cookie), { sent: undefined, hasCookie: false });
    });
  }

  it("keeps no cookies without a cookie jar", async () => {
    deepEqual(await sentAfter(false, "a=1"), { sent: undefined, hasCookie: false });
  });

  const delays: [number, string | undefined, number | undefined][] = [
    [503, "2", 2000],
    [503, "0", 100],
    [503, "Thu, 01 Jan 1970 00:00:00 GMT", 100],
    [503, "soon", 100],
    [503, undefined, undefined],
    [429, "2", undefined],
  ];
  for (const [status, retryAfter, delay] of delays) {
    it(`repeats a ${status} with Retry-After ${String(retryAfter)} after ${String(delay)} ms`, async () => {
      const headers = retryAfter === undefined ? {} : { "Retry-After": retryAfter };
      const { retryAfterMs } = await answerOf((_incoming, response) =>
        response.writeHead(status, headers).end(),
      );
      equal(retryAfterMs, delay);
    });
  }

  it("has no response if the connection breaks off", async () => {
    await rejects(
      answerOf((_incoming, response) => {
        response.writeHead(200, { "Content-Length": "10" }).write("12345");
        setTimeout(() => response.destroy(), 50);
      }),
    );
  });
});

describe("a simulated browser", () => {
  afterEach(stopServers);

  /** A browser of a server that holds its responses back until they are released. */
  async function startBrowser() {
    const held: (() => void)[] = [];
    const { url } = await listen((_incoming, response) => {
      held.push(() => response.writeHead(200, { "X-Replica": "company-0" }).end());
    });
    const client = new HttpClient({ source: undefined, keepsCookies: true });
    const breaks: Break[] = [];
    const subject = new VisitSubject({
      session: 7,
      request: requestFor(url),
      makeVisit: visit,
      mustName: true,
      clientOf: () => client,
      key: undefined,
      calmFrom: 10,
      clock: () => 1,
      onBreak: (each) => breaks.push(each),
      onAnswered: () => undefined,
    });
    return { breaks, held, subject };
  }

  it("waits for its first response before it sends further requests", async () => {
    const { held, subject } = await startBrowser();
    subject.send();
    subject.send();
    await waitFor("one request is there", () => held.length > 0);
    subject.send();
    equal(subject.waiting, 1);
    held[0]?.();
    await waitFor("it is answered", () => subject.echoed === 1);
    subject.send();
    subject.send();
    await waitFor("two more are there", () => held.length === 3);
    subject.close();
  });

  it("counts requests without a response as lost when it ends", async () => {
    const { breaks, held, subject } = await startBrowser();
    subject.send();
    await waitFor("the request is there", () => held.length === 1);
    subject.close();
    const { echoed, lost, sent } = subject.result();
    deepEqual({ echoed, lost, sent }, { echoed: 0, lost: 1, sent: 1 });
    await waitFor("nothing is under way", () => subject.waiting === 0);
    deepEqual(breaks, [
      {
        session: 7,
        seconds: 1,
        transport: "",
        kind: "unanswered",
        expected: "",
        met: "",
        detail: "GET / failed: the run ended",
      },
    ]);
  });
});
