import { deepEqual, equal, match, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import { request } from "undici";
import { startCompanyServer, stopCompanyServers } from "../../drivers/companyServer.ts";
import { startDocumentServer, stopDocumentServers } from "../../drivers/documentServer.ts";
import { createEchoProcess } from "../../../app/echo/process.ts";
import { listen } from "../../drivers/metrics.ts";
import { startEchoServer, stopEchoServers } from "../../support/echoServer.ts";
import { usePostgres } from "../../drivers/postgres.ts";
import { connectRaw, endRawConnections } from "../../support/rawHttp.ts";
import { waitFor } from "../../drivers/waitFor.ts";

const COMMON = ["/", "/page.js", "/style.css", "/healthz", "/readyz", "/nothing", "/%00", "/%"];
const ECHO = [
  "/echo",
  "/echo/info",
  "/echo/nothing",
  "/echo/iframe.html",
  "/echo/000/abc/jsonp",
  "/echo/000/abc/eventsource",
  "/echo/000/abd/htmlfile?c=x",
];

/** Answers to what is no request. */
const RAW = [
  "NO REQUEST\r\n\r\n",
  `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(20_000)}\r\n\r\n`,
  "GET /other HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
];

/** A policy's sources by its directives. */
function directivesOf(policy: unknown): Record<string, string> {
  const parts = String(policy).split(/; */);
  return Object.fromEntries(
    parts.map((each) => [each.split(" ")[0] ?? "", each.split(" ").slice(1).join(" ")]),
  );
}

describe("security headers", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    endRawConnections();
    await stopEchoServers();
    await stopCompanyServers();
    await stopDocumentServers();
  });

  const get = async (url: string, headers: Record<string, string> = {}) => {
    const answer = await request(url, { headers });
    answer.body.on("error", () => undefined).destroy();
    return answer.headers;
  };

  const apps: [name: string, start: () => Promise<{ origin: string }>, paths: string[]][] = [
    ["echo", () => startEchoServer(), ECHO],
    [
      "company",
      async () => startCompanyServer(await postgres.newDatabase()),
      ["/companies", "/companies/!", "/openapi.json"],
    ],
    [
      "document",
      async () => startDocumentServer(await postgres.newDatabase()),
      ["/documents", "/documents/x"],
    ],
  ];
  for (const [app, start, paths] of apps) {
    it(`are in every response of ${app}, those about TLS only if the client uses TLS`, async () => {
      const { origin } = await start();
      for (const path of [...COMMON, ...paths]) {
        for (const isTls of [false, true]) {
          const proto = isTls ? "https, http" : "http, https";
          const headers = await get(origin + path, { "X-Forwarded-Proto": proto });
          equal(headers["x-content-type-options"], "nosniff", path);
          equal(headers["referrer-policy"], "same-origin", path);
          equal(headers["cross-origin-resource-policy"], "same-origin", path);
          equal(headers["strict-transport-security"], isTls ? "max-age=31536000" : undefined, path);
          equal(headers["cross-origin-opener-policy"], isTls ? "same-origin" : undefined, path);
          const policy = directivesOf(headers["content-security-policy"]);
          equal(policy["default-src"], "'none'", path);
          equal(policy["base-uri"], "'none'", path);
          ok(policy["form-action"] !== undefined, path);
          equal(policy["style-src"] ?? "'self'", "'self'", path);
          const isFramed = /iframe|htmlfile/.test(path);
          equal(policy["frame-ancestors"], isFramed ? "'self'" : "'none'", path);
          // Its messages are scripts: in no other answer may they be inline.
          if (!path.includes("htmlfile")) {
            match(policy["script-src"] ?? "", /^('self'( 'sha256-[^']+')?)?$/, path);
          }
        }
      }
      for (const said of RAW) {
        const raw = connectRaw(origin, said);
        await waitFor("it is answered and closed", () => raw.socket.closed);
        match(
          raw.received,
          /^HTTP\/1\.1 4\d\d .*\r\n(.*\r\n)*Content-Security-Policy: default-src 'none'/,
        );
        match(raw.received, /\r\nX-Content-Type-Options: nosniff\r\n/);
        match(raw.received, /\r\nX-Replica: /);
      }
    });
  }

  it("include those about TLS with BEHIND_TLS, without any header of a load balancer", async () => {
    for (const [BEHIND_TLS, expected] of [
      ["true", "max-age=31536000"],
      ["false", undefined],
    ] as const) {
      const environment = { BEHIND_TLS, DRAIN_SECONDS: "0", LOG_LEVEL: "silent" };
      const { server, drain } = createEchoProcess(environment, 2);
      const headers = await get(await listen(server));
      equal(headers["strict-transport-security"], expected);
      await drain();
    }
  });

  it("let SockJS' iframe page run its own script, and let allowed origins frame it", async () => {
    const { url } = await startEchoServer({ allowedOrigins: ["https://app.example"] });
    for (const path of ["/iframe.html", "/iframe-1.6.1.html?t=1"]) {
      const answer = await request(url + path);
      const [, script = ""] = /<script>([^]*?)<\/script>/.exec(await answer.body.text()) ?? [];
      match(script, /SockJS\.bootstrap_iframe/);
      const policy = directivesOf(answer.headers["content-security-policy"]);
      const hash = createHash("sha256").update(script).digest("base64");
      equal(policy["script-src"], `'self' 'sha256-${hash}'`);
      equal(policy["frame-ancestors"], "'self' https://app.example");
    }
  });

  it("are complemented by escapes: a message cannot end the script that contains it", async () => {
    const { url } = await startEchoServer();
    const answer = await request(`${url}/000/abc/htmlfile?c=x`);
    let page = "";
    answer.body.on("error", () => undefined);
    answer.body.on("data", (chunk: Buffer) => (page += chunk.toString()));
    const said = "</script><script>alert('<!--')</script>";
    await request(`${url}/000/abc/xhr_send`, { method: "POST", body: JSON.stringify([said]) });
    await waitFor("it is echoed", () => page.includes("alert("));
    const scripts = page.match(/<\/?script>/gi) ?? [];
    deepEqual([...new Set(scripts)], ["<script>", "</script>"]);
    equal(scripts.length % 2, 0);
    const echo = /^p\((".*alert.*")\);$/m.exec(page)?.[1] ?? "";
    const [text = ""] = JSON.parse((JSON.parse(echo) as string).slice(1)) as string[];
    equal(text.split("): ")[1], said);
    equal(echo.includes("<"), false);
    answer.body.destroy();
  });
});
