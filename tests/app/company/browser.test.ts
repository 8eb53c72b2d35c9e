import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { startCompanyServer, stopCompanyServers } from "../../drivers/companyServer.ts";
import { usePostgres } from "../../drivers/postgres.ts";

const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const MINE = "0b1f2b1f-7d4b-4a53-9d55-3f1f7a0e9a11";

describe("company registry for browsers", () => {
  const postgres = usePostgres();
  let origin = "";

  before(async () => {
    ({ origin } = await startCompanyServer(await postgres.newDatabase()));
  });

  after(stopCompanyServers);

  const cookiesOf = async (path: string, headers: Record<string, string> = {}): Promise<string[]> =>
    (await fetch(origin + path, { headers })).headers.getSetCookie();

  for (const path of ["/", "/companies", "/companies/HRB1", "/companies?limit=0"]) {
    it(`sets the sticky cookie at ${path}, for 48 hours and HttpOnly`, async () => {
      const [cookie = "", ...more] = await cookiesOf(path);
      match(
        cookie,
        new RegExp(
          `^com-sticky=${UUID}; Max-Age=172800; Path=/; Expires=[^;]+ GMT; HttpOnly; SameSite=Lax$`,
        ),
      );
      deepEqual(more, []);
    });
  }

  it("sets the same lifetime in Max-Age and Expires", async () => {
    const before = Date.now();
    const [cookie = ""] = await cookiesOf("/");
    const expires = Date.parse(/Expires=([^;]+)/.exec(cookie)?.[1] ?? "");
    const age = expires - 172_800_000;
    ok(age >= before - 1000 && age <= Date.now(), cookie);
  });

  for (const path of ["/healthz", "/readyz"]) {
    it(`sets no cookie at ${path}`, async () => {
      deepEqual(await cookiesOf(path), []);
    });
  }

  for (const [proto, isSecure] of [
    ["https", true],
    ["HTTPS, http", true],
    ["http", false],
    ["http, https", false],
    ["httpsx", false],
  ] as const) {
    it(`sets the cookie with${isSecure ? "" : "out"} Secure for the protocol ${proto}`, async () => {
      const [cookie = ""] = await cookiesOf("/", { "X-Forwarded-Proto": proto });
      equal(cookie.split("; ").includes("Secure"), isSecure);
    });
  }

  it("sets the cookie with Secure behind a load balancer that sends no headers", async () => {
    const { origin: tls } = await startCompanyServer(await postgres.newDatabase(), {
      behindTls: true,
    });
    const [cookie = ""] = (await fetch(tls)).headers.getSetCookie();
    ok(cookie.split("; ").includes("Secure"), cookie);
  });

  it("sets a cookie that pages of other sites send back if there are allowed origins, but only over TLS", async () => {
    const { origin: open } = await startCompanyServer(await postgres.newDatabase(), {
      allowedOrigins: ["https://app.example"],
    });
    for (const [proto, attributes] of [
      ["https", /; HttpOnly; Secure; Partitioned; SameSite=None$/],
      ["http", /; HttpOnly; SameSite=Lax$/],
    ] as const) {
      const headers = { "X-Forwarded-Proto": proto };
      match(
        (await fetch(`${open}/companies`, { headers })).headers.getSetCookie().join(),
        attributes,
      );
    }
    const [own = ""] = await cookiesOf("/", { "X-Forwarded-Proto": "https" });
    match(own, /; HttpOnly; Secure; SameSite=Lax$/);
  });

  it("renews the lifetime of an existing cookie, and keeps its value", async () => {
    const [cookie = ""] = await cookiesOf("/companies", { Cookie: `a=b; com-sticky=${MINE}` });
    match(cookie, new RegExp(`^com-sticky=${MINE}; Max-Age=172800; `));
  });

  for (const value of ["", "x", `${MINE}0`, encodeURIComponent("a\r\nb"), MINE.toUpperCase()]) {
    it(`replaces the malformed value ${JSON.stringify(value)}`, async () => {
      const [cookie = ""] = await cookiesOf("/", { Cookie: `com-sticky=${value}` });
      match(cookie, new RegExp(`^com-sticky=${UUID};`));
    });
  }

  it("sets different values for different browsers", async () => {
    notEqual((await cookiesOf("/"))[0], (await cookiesOf("/"))[0]);
  });

  it("serves a page that loads only from its own origin, in no frame and in no shared cache", async () => {
    const { status, headers } = await fetch(`${origin}/`);
    equal(status, 200);
    match(headers.get("Content-Type") ?? "", /^text\/html/);
    equal(
      headers.get("Content-Security-Policy"),
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    );
    equal(headers.get("Cache-Control"), "private, no-cache");
    for (const path of ["/page.js", "/style.css"]) {
      equal((await fetch(origin + path)).status, 200);
    }
  });

  for (const path of ["/", "/page.js", "/companies", "/openapi.json", "/nothing"]) {
    it(`forbids content sniffing and cross-origin referrers at ${path}`, async () => {
      const { headers } = await fetch(origin + path);
      equal(headers.get("X-Content-Type-Options"), "nosniff");
      equal(headers.get("Referrer-Policy"), "same-origin");
      equal(headers.get("Access-Control-Allow-Origin"), null);
    });
  }
});
