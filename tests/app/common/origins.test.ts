import { deepEqual, equal, match } from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { request } from "undici";
import * as ws from "ws";
import { startBrowser } from "../../drivers/browser.ts";
import { startCompanyServer, stopCompanyServers } from "../../drivers/companyServer.ts";
import { startDocumentServer, stopDocumentServers } from "../../drivers/documentServer.ts";
import { startEchoServer, stopEchoServers } from "../../support/echoServer.ts";
import { metric, metricsOf } from "../../drivers/metrics.ts";
import { usePostgres } from "../../drivers/postgres.ts";

const FOREIGN = "https://evil.example";

/** What opens a session, or talks in one, by transport. */
const REQUESTS: ["GET" | "POST", string][] = [
  ["GET", "/info"],
  ["POST", "/000/abc/xhr"],
  ["POST", "/000/abc/xhr_streaming"],
  ["POST", "/000/abc/xhr_send"],
  ["GET", "/000/abc/eventsource"],
  ["GET", "/000/abc/htmlfile?c=x"],
  ["GET", "/000/abc/jsonp?c=x"],
  ["POST", "/000/abc/jsonp_send"],
];

/** Status and headers of an answer, of which the rest is not waited for. */
async function answerTo(url: string, method: "GET" | "POST" | "OPTIONS", headers: object) {
  const body = url.endsWith("_send") ? { body: '["a"]' } : {};
  const answer = await request(url, { method, headers: { ...headers }, ...body });
  answer.body.on("error", () => undefined).destroy();
  return { status: answer.statusCode, headers: answer.headers };
}

/** The status that a WebSocket is answered with. */
function upgradeOf(url: string, headers: Record<string, string>): Promise<number> {
  const socket = new ws.WebSocket(url.replace("http", "ws"), { headers });
  socket.on("error", () => undefined);
  return new Promise((resolve) => {
    socket.once("upgrade", ({ statusCode = 0 }) => {
      resolve(statusCode);
      socket.terminate();
    });
    socket.once("unexpected-response", (request, { statusCode = 0 }) => {
      resolve(statusCode);
      request.destroy();
    });
  });
}

const corsOf = (headers: NodeJS.Dict<string | string[]>): string[] =>
  Object.keys(headers).filter((name) => name.startsWith("access-control-"));

describe("pages of other origins", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    await stopEchoServers();
    await stopCompanyServers();
    await stopDocumentServers();
  });

  it("cannot open a session, send messages or read anything, on any transport", async () => {
    const { origin, url } = await startEchoServer();
    const foreign = [
      { Origin: FOREIGN },
      { Origin: "null" },
      { Origin: "http://127.0.0.1" },
      { "Sec-Fetch-Site": "cross-site" },
      { "Sec-Fetch-Site": "same-site" },
    ];
    for (const headers of foreign) {
      for (const [method, path] of REQUESTS) {
        const answer = await answerTo(url + path, method, headers);
        deepEqual([answer.status, corsOf(answer.headers)], [403, []], `${method} ${path}`);
      }
      equal(await upgradeOf(`${url}/000/abc/websocket`, headers), 403);
      equal(await upgradeOf(`${url}/websocket`, headers), 403);
    }
    const refused = foreign.length * (REQUESTS.length + 2);
    equal(await metric(origin, 'sockjs_refused_total{reason="origin"}'), refused);
    const text = await metricsOf(origin);
    equal(text.includes("sockjs_sessions_total{"), false);
  });

  it("are distinguished from the server's own page behind a TLS-terminating load balancer, and from clients that are not pages", async () => {
    const { url } = await startEchoServer();
    const own = [
      {},
      { Origin: new URL(url).origin },
      { Origin: "https://echo.example", Host: "echo.example" },
      { Origin: "http://echo.example", Host: "echo.example:80" },
      { "Sec-Fetch-Site": "same-origin" },
      { "Sec-Fetch-Site": "none" },
    ];
    for (const headers of own) {
      for (const [method, path] of REQUESTS.filter((each) => !each[1].endsWith("_send"))) {
        const [sent, id] = [path.replace("abc", Math.random().toString(36).slice(2)), path];
        const answer = await answerTo(url + sent, method, headers);
        deepEqual([answer.status, corsOf(answer.headers)], [200, []], `${method} ${id}`);
      }
      equal(await upgradeOf(`${url}/websocket`, headers), 101);
    }
  });

  it("can use the echo if they are allowed, which preflight responses say", async () => {
    const { url } = await startEchoServer({ allowedOrigins: ["https://app.example"] });
    const headers = { Origin: "https://app.example" };
    const preflightHeaders = { ...headers, "Access-Control-Request-Method": "POST" };
    const preflight = await answerTo(`${url}/000/abc/xhr_send`, "OPTIONS", preflightHeaders);
    equal(preflight.status, 204);
    equal(preflight.headers["access-control-allow-methods"], "GET, POST");
    for (const [method, path] of REQUESTS.slice(0, 6)) {
      const answer = await answerTo(
        `${url}${path.replace("abc", path.slice(9, 13))}`,
        method,
        headers,
      );
      equal(answer.headers["access-control-allow-origin"], "https://app.example", path);
      equal(answer.headers["access-control-allow-credentials"], "true");
      equal(answer.headers.vary, "Origin");
    }
    // SockJS' iframe page, from which it sends requests to another origin. Its policy says who may frame it.
    const frame = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe" };
    equal((await answerTo(`${url}/iframe-1.6.1.html`, "GET", frame)).status, 200);
    equal(await upgradeOf(`${url}/websocket`, headers), 101);
    equal(await upgradeOf(`${url}/websocket`, { Origin: "http://app.example" }), 403);
    equal(await upgradeOf(`${url}/websocket`, { Origin: "https://sub.app.example" }), 403);
  });

  it("can create companies and documents only if they are allowed", async () => {
    const allowedOrigins = ["https://app.example"];
    const company = await startCompanyServer(await postgres.newDatabase(), { allowedOrigins });
    const document = await startDocumentServer(await postgres.newDatabase(), { allowedOrigins });
    const create = async (url: string, body: object, headers: object) => {
      const type = { "Content-Type": "application/json" };
      const init = { method: "POST", headers: { ...type, ...headers }, body: JSON.stringify(body) };
      const answer = await request(url, init as Parameters<typeof request>[1]);
      return { ...answer, said: (await answer.body.json()) as { detail?: string; id?: string } };
    };
    const all: [string, object][] = [
      [`${company.origin}/companies`, { legalName: "A", businessNumber: "HRB 1" }],
      [`${document.origin}/documents`, {}],
    ];
    for (const [url, body] of all) {
      for (const headers of [{ Origin: FOREIGN }, { "Sec-Fetch-Site": "cross-site" }]) {
        const refused = await create(url, body, headers);
        equal(refused.statusCode, 403);
        match(String(refused.headers["content-type"]), /^application\/problem\+json/);
        match(String(refused.said.detail), /allowedOrigins.*Host header/);
        deepEqual(corsOf(refused.headers), []);
      }
      const read = await answerTo(url, "GET", { Origin: FOREIGN });
      deepEqual([read.status, corsOf(read.headers)], [200, []]);
      const preflight = { Origin: FOREIGN, "Access-Control-Request-Method": "POST" };
      deepEqual(corsOf((await answerTo(url, "OPTIONS", preflight)).headers), []);
      const allowed = await create(url, body, { Origin: "https://app.example" });
      equal(allowed.statusCode, 201);
      equal(allowed.headers["access-control-allow-origin"], "https://app.example");
      if (allowed.said.id !== undefined) {
        equal(await upgradeOf(`${url}/${allowed.said.id}`, { Origin: FOREIGN }), 403);
        equal(await upgradeOf(`${url}/${allowed.said.id}`, { Origin: "https://app.example" }), 101);
      }
    }
  });

  describe("in a browser", () => {
    const client = createRequire(import.meta.url).resolve("sockjs-client/dist/sockjs.min.js");
    const other = createServer(({ url }, response) => {
      const isScript = url === "/sockjs.min.js";
      response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html");
      response.end(
        isScript
          ? readFileSync(client)
          : '<!doctype html><link rel="icon" href="data:"><script src="/sockjs.min.js"></script>',
      );
    });

    before(() => new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve)));
    after(() => other.close());

    it("get nothing from a server that does not allow them, and use one that does", async () => {
      // Another site, not only another origin: localhost and 127.0.0.1.
      const page = `http://localhost:${(other.address() as AddressInfo).port}`;
      const closed = await startEchoServer();
      const open = await startEchoServer({ allowedOrigins: [page] });
      const browser = await startBrowser();
      try {
        const tab = await browser.newPage();
        await tab.goto(page);
        const tried = await tab.evaluate(tryAll, closed.url);
        deepEqual(tried, {
          eventsource: "error",
          fetch: "error",
          form: "sent",
          frame: "loaded",
          script: "error",
          websocket: "error",
        });
        const text = await metricsOf(closed.origin);
        equal(text.includes("sockjs_sessions_total{"), false);
        const direct = ["websocket", "xhr-streaming", "eventsource", "xhr-polling"];
        const framed = ["iframe-eventsource", "iframe-htmlfile", "iframe-xhr-polling"];
        for (const transport of [...direct, ...framed]) {
          match(await tab.evaluate(talk, { url: open.url, transport }), /: hello$/, transport);
        }
      } finally {
        await browser.close();
      }
    });
  });
});

/** Tries in a page all by which it might get at a server; what became of each. */
async function tryAll(url: string): Promise<Record<string, string>> {
  const heard = (target: EventTarget, good: string): Promise<string> =>
    new Promise((resolve) => {
      target.addEventListener(good, () => resolve("loaded"));
      target.addEventListener("error", () => resolve("error"));
    });
  const put = (name: string, attribute: string, value: string): Promise<string> => {
    const element = document.createElement(name);
    element.setAttribute(attribute, value);
    document.body.append(element);
    return heard(element, "load");
  };
  const form = document.createElement("form");
  const target = document.createElement("iframe");
  target.name = form.target = "there";
  form.method = "POST";
  form.action = `${url}/000/form1/xhr`;
  document.body.append(target, form);
  form.submit();
  await heard(target, "load");
  return {
    form: "sent",
    fetch: await fetch(`${url}/000/fetch1/xhr`, { method: "POST" }).then(
      () => "loaded",
      () => "error",
    ),
    websocket: await heard(new WebSocket(`${url.replace("http", "ws")}/websocket`), "open"),
    eventsource: await heard(new EventSource(`${url}/000/event1/eventsource`), "open"),
    script: await put("script", "src", `${url}/000/script1/jsonp?c=alert`),
    // A page cannot see what a frame shows, but the metric shows that no session was opened.
    frame: await put("iframe", "src", `${url}/000/frame1/htmlfile?c=x`),
  };
}

/** Talks in a page with SockJS; the echo. */
function talk({ url, transport }: { url: string; transport: string }): Promise<string> {
  const { SockJS } = window as unknown as {
    SockJS: new (url: string, _: undefined, options: object) => globalThis.WebSocket;
  };
  const session = new SockJS(url, undefined, { transports: [transport] });
  return new Promise((resolve) => {
    session.onopen = () => session.send("hello");
    session.onclose = ({ reason }) => resolve(reason);
    session.onmessage = ({ data }) => {
      resolve(data as string);
      session.close();
    };
  });
}
