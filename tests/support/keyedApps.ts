import { CATALOGUE } from "../../app/contract/catalogue.ts";
import type { IncomingMessage, RequestListener } from "node:http";
import fastifyCookie from "@fastify/cookie";
import fc from "fast-check";
import { fastify, type FastifyRequest } from "fastify";
import { Registry } from "prom-client";
import { addApi } from "../../app/common/http/api.ts";
import { highestScore } from "../../local/front/rendezvous.ts";
import { normaliseIdentifier, type KeyRoute, type Method } from "../../app/contract/keyRoute.ts";
import { refuseAmbiguousKeys } from "../../app/common/http/keyRefusal.ts";
import { Origins } from "../../app/common/http/origins.ts";
import { create, startCompanyServer } from "../drivers/companyServer.ts";
import { plainRequestsOf, requestsOf, type WrittenRequest } from "./keyedRequests.ts";
import { IDENTIFIERS } from "./keyedTexts.ts";
import { startFront, startReplica } from "./httpFront.ts";
import { connectRaw } from "./rawHttp.ts";

/** An app whose requests have keys, and what it takes them for. */
export interface KeyedApp {
  routes: readonly KeyRoute[];
  handle: RequestListener;
  /** The key that an answer is about; none where the app has refused the request. */
  keyIn: (answer: SeenAnswer) => string | undefined;
}

/** What came back on a connection. */
export interface SeenAnswer {
  status: number;
  header: (name: string) => string | undefined;
  text: string;
}

/** Sends requests as they are written, the last of which ends the connection. */
export async function send(origin: string, ...requests: readonly string[]): Promise<SeenAnswer[]> {
  const raw = connectRaw(origin, Buffer.from(requests.join(""), "latin1"));
  await raw.closed;
  return raw.received
    .split(/(?=HTTP\/1\.[01] \d{3} )/)
    .map((text) => {
      const [head = ""] = text.split("\r\n\r\n", 1);
      return {
        text,
        status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]),
        header: (name: string) => new RegExp(`^${name}: (.*?)\r?$`, "im").exec(head)?.[1],
      };
    })
    .filter(({ status }) => status !== 100);
}

const room = { methods: ["GET", "HEAD"], normalise: "none" } as const;
const code = { methods: ["PUT"], normalise: "identifier" } as const;
const any = { normalise: "none" } as const;

/** Every place that a key may have, as it is and as an identifier, in a path, below it and anywhere. */
const ROOM_ROUTES: readonly KeyRoute[] = [
  { ...room, methods: ["POST"], path: "/room", key: { from: "json", field: "room" } },
  { ...code, path: "/room", key: { from: "json", field: "room" } },
  { ...room, path: "/rooms", key: { from: "path" } },
  { ...code, path: "/rooms", key: { from: "path" } },
  { ...room, path: "/by-header", key: { from: "header", header: "X-Room" } },
  { ...code, path: "/by-header", key: { from: "header", header: "X-Room" } },
  { ...room, path: "/by-cookie", key: { from: "cookie", cookie: "room" } },
  { ...code, path: "/by-cookie", key: { from: "cookie", cookie: "room" } },
  { ...room, path: "/by-query", key: { from: "query", parameter: "room" } },
  { ...code, path: "/by-query", key: { from: "query", parameter: "room" } },
  { ...any, path: "/v1/json/*", key: { from: "json", field: "room" } },
  { ...any, path: "/v1/path", key: { from: "path" } },
  { ...any, path: "/v1/header/*", key: { from: "header", header: "X-Room" } },
  { ...any, path: "/v1/cookie/*", key: { from: "cookie", cookie: "room" } },
  { ...any, path: "/*", key: { from: "query", parameter: "anywhere" } },
];

export interface RoomAppOptions {
  /** Whether it refuses requests whose key is ambiguous, as the apps of this repository do. */
  isChecking: boolean;
}

/** An app that reads keys as Fastify and its plugins have them, without a thought about routers. */
export async function roomApp({ isChecking }: RoomAppOptions): Promise<KeyedApp> {
  const app = fastify();
  app.addHttpMethod("REPORT", { hasBody: true });
  addApi(app, { registry: new Registry(), origins: new Origins([]) });
  if (isChecking) {
    refuseAmbiguousKeys(app, ROOM_ROUTES);
  }
  await app.register(fastifyCookie);
  const inBody = ({ body }: FastifyRequest): unknown =>
    (body as Record<string, unknown> | null)?.room;
  const inPath = ({ params }: FastifyRequest): unknown => (params as { room: string }).room;
  const inQuery =
    (name: string) =>
    ({ query }: FastifyRequest): unknown =>
      (query as Record<string, unknown>)[name];
  const readers: Record<string, (request: FastifyRequest) => unknown> = {
    "/room": inBody,
    "/rooms/:room": inPath,
    "/by-header": ({ headers }) => headers["x-room"],
    "/by-cookie": ({ cookies }) => cookies.room,
    "/by-query": inQuery("room"),
    "/v1/json/*": inBody,
    "/v1/path/:room": inPath,
    "/v1/path/:room/*": inPath,
    "/v1/header/*": ({ headers }) => headers["x-room"],
    "/v1/cookie/*": ({ cookies }) => cookies.room,
    "/*": inQuery("anywhere"),
  };
  for (const [url, read] of Object.entries(readers)) {
    app.route({
      url,
      method: ["GET", "POST", "PUT", "PATCH", "OPTIONS", "REPORT"],
      handler: (request, reply) => {
        const written = read(request) ?? "";
        const text = typeof written === "string" ? written : JSON.stringify(written);
        const isCode = request.method === "PUT" && /^\/(room|by-)/.test(url);
        const key = isCode ? normaliseIdentifier(text) : text;
        return reply.header("X-App-Key", encodeURIComponent(key.toWellFormed())).send();
      },
    });
  }
  await app.ready();
  return {
    routes: ROOM_ROUTES,
    handle: (request, response) => app.routing(request, response),
    keyIn: (answer) => {
      const key = decodeURIComponent(answer.header("X-App-Key") ?? "");
      return key === "" ? undefined : key;
    },
  };
}

/** The company registry. */
export async function companyApp(databaseUrl: string): Promise<KeyedApp> {
  const { server, origin } = await startCompanyServer(databaseUrl);
  for (const businessNumber of IDENTIFIERS) {
    await create(origin, { legalName: "A", businessNumber });
  }
  return {
    // An answer to HEAD does not say what it is about.
    routes: CATALOGUE.company.routing.keyRoutes.map((route) => ({
      ...route,
      methods: (route.methods as readonly Method[]).filter((method) => method !== "HEAD"),
    })),
    handle: (request, response) => void server.http.emit("request", request, response),
    keyIn: ({ status, header, text }) =>
      status === 409
        ? /companies\/(\w+)/.exec(header("Link") ?? "")?.[1]
        : /"businessNumber":"(\w+)"/.exec(text)?.[1],
  };
}

/** Requests about keys of an app. */
export function requestsTo({ routes }: KeyedApp): fc.Arbitrary<WrittenRequest> {
  return fc.oneof(...routes.map(requestsOf));
}

/** Plain requests about keys of an app, for one connection. */
export function pipelinesTo({ routes }: KeyedApp): fc.Arbitrary<WrittenRequest[]> {
  const plain = fc.oneof(...routes.map(plainRequestsOf));
  return fc.array(plain, { minLength: 2, maxLength: 5 }).map((requests) =>
    requests.map(({ bytes, ...rest }, index) => ({
      ...rest,
      bytes:
        index < requests.length - 1 ? bytes.replace("Connection: close", "Accept: */*") : bytes,
    })),
  );
}

const REPLICAS = Array.from({ length: 16 }, (_, number) => `app-${number}`);

/** The replica that the front is to choose for a key. */
export function ownerOf(key: string): string | undefined {
  return highestScore(REPLICAS, key);
}

/** A front before replicas of an app. */
export async function frontOf({ routes, handle }: KeyedApp): Promise<string> {
  const replicas = await Promise.all(
    REPLICAS.map((name) =>
      startReplica(name, (request: IncomingMessage, response) => {
        response.setHeader("X-Chosen", name);
        handle(request, response);
      }),
    ),
  );
  const cookie = { name: "app", seconds: 60 };
  return startFront("key", replicas, {
    routing: { cookie, keyRoutes: routes, idleTimeoutSeconds: 60 },
  });
}
