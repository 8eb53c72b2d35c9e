import { deepEqual, equal, match, ok } from "node:assert/strict";
import { stat } from "node:fs/promises";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import Fastify, { type FastifyInstance } from "fastify";
import { request } from "undici";
import { APP_NAMES } from "../../../app/contract/catalogue.ts";
import { addPage } from "../../../app/common/server/servedPage.ts";
import { buildPages } from "../../../app/build.ts";

/** How each form of a file is read. */
const FORMS = {
  br: brotliDecompressSync,
  gzip: gunzipSync,
  identity: (bytes: Uint8Array): Buffer => Buffer.from(bytes),
} as const;

describe("a served page", () => {
  let server: FastifyInstance;

  afterEach(() => server.close());

  const serve = async (app: (typeof APP_NAMES)[number]): Promise<string> => {
    server = Fastify();
    await addPage(server, app);
    return server.listen({ port: 0, host: "127.0.0.1" });
  };

  const get = async (url: string, headers: Record<string, string>) => {
    const { statusCode, headers: received, body } = await request(url, { headers });
    return { statusCode, received, bytes: await body.bytes() };
  };

  for (const app of APP_NAMES) {
    it(`of ${app} is sent in the encodings that a browser accepts, with the same content in each`, async () => {
      const origin = await serve(app);
      for (const [file, type] of [
        ["", "text/html"],
        ["page.js", "application/javascript"],
        ["style.css", "text/css"],
      ] as const) {
        const plain = await get(`${origin}/${file}`, {});
        equal(plain.received["content-encoding"], undefined);
        for (const [form, read] of Object.entries(FORMS)) {
          const { received, bytes } = await get(`${origin}/${file}`, { "Accept-Encoding": form });
          equal(received["content-encoding"], form === "identity" ? undefined : form);
          equal(received["content-length"], String(bytes.length));
          equal(received["content-type"], `${type}; charset=utf-8`);
          match(String(received.vary), /accept-encoding/);
          deepEqual(read(bytes), Buffer.from(plain.bytes));
          ok(form === "identity" || bytes.length < plain.bytes.length / 2, form);
        }
      }
    });
  }

  it("is sent in the smallest encoding if a browser accepts all", async () => {
    const origin = await serve("document");
    const { received } = await get(`${origin}/page.js`, { "Accept-Encoding": "gzip, deflate, br" });
    equal(received["content-encoding"], "br");
  });

  it("is not sent again to browsers that have it, separately for each encoding", async () => {
    const origin = await serve("document");
    const tags = new Set<string>();
    for (const form of Object.keys(FORMS)) {
      const had = await get(`${origin}/page.js`, { "Accept-Encoding": form });
      const tag = String(had.received.etag);
      tags.add(tag);
      const headers = { "Accept-Encoding": form, "If-None-Match": tag };
      const again = await get(`${origin}/page.js`, headers);
      deepEqual([again.statusCode, again.bytes.length, again.received.etag], [304, 0, tag]);
      equal(again.received["cache-control"], "private, no-cache");
    }
    equal(tags.size, 3);
  });

  it("is identical after another build, so browsers need not reload it", async () => {
    const origin = await serve("document");
    const made = async (name: string): Promise<number> =>
      (await stat(new URL(`../../../app/dist/document/${name}`, import.meta.url))).mtimeMs;
    const before = await Promise.all([made("page.js"), made("page.js.br")]);
    const had = await get(`${origin}/page.js`, { "Accept-Encoding": "br" });
    await buildPages();
    deepEqual(await Promise.all([made("page.js"), made("page.js.br")]), before);
    const headers = { "Accept-Encoding": "br", "If-None-Match": String(had.received.etag) };
    equal((await get(`${origin}/page.js`, headers)).statusCode, 304);
  });
});
