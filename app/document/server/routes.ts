import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { rejectOtherMethods } from "../../common/http/api.ts";
import { Problem } from "../../common/http/problem.ts";
import { MAX_TITLED, type VersionStore, type Version } from "../storage/versionStore.ts";
import type { DocumentRepository, DocumentSummary } from "../storage/documentRepository.ts";
import type { DocumentMetrics } from "../metrics.ts";
import * as schemas from "./schemas.ts";
import type { UpdateStore } from "../storage/updateStore.ts";
import { storedState } from "../storage/storedState.ts";
import type { Scheduler } from "../content/scheduler.ts";

const PATH = "/documents";
const DOCUMENT_PATH = `${PATH}/:id`;
const VERSIONS_PATH = `${DOCUMENT_PATH}/versions`;

/** Bytes of a request's body. */
const BODY_LIMIT = 16 * 1024;

/** Id of a version in PostgreSQL. */
const VERSION_ID = /^[1-9]\d{0,17}$/;

export interface RouteServices {
  documents: DocumentRepository;
  store: UpdateStore;
  scheduler: Scheduler;
  versions: VersionStore;
  metrics: DocumentMetrics;
  limitCreations: onRequestHookHandler;
}

/** Adds the HTTP routes of documents; their content is sent over WebSocket. */
export function addDocumentRoutes(app: FastifyInstance, services: RouteServices): void {
  addList(app, services);
  addDocument(app, services);
  addVersions(app, services);
  rejectOtherMethods(app, PATH, ["GET", "HEAD", "POST"]);
  rejectOtherMethods(app, DOCUMENT_PATH, ["GET", "HEAD"]);
  rejectOtherMethods(app, VERSIONS_PATH, ["GET", "HEAD", "POST"]);
  rejectOtherMethods(app, `${VERSIONS_PATH}/:version`, ["GET", "HEAD"]);
}

/** Whether a browser requests a document's page, which is served even while the database is unavailable. */
export function isForPage({ routeOptions, headers }: FastifyRequest): boolean {
  return routeOptions.url === DOCUMENT_PATH && /\btext\/html\b/.test(headers.accept ?? "");
}

function addList(app: FastifyInstance, { documents, limitCreations }: RouteServices): void {
  const typed = app.withTypeProvider<ZodTypeProvider>();
  typed.get(PATH, { schema: { querystring: schemas.pageQuery } }, async ({ query }, reply) => {
    // One more than requested shows whether there is a next page.
    const page = await documents.list(query.after, query.limit + 1);
    const listed = page.slice(0, query.limit);
    const last = page.length > query.limit ? listed.at(-1) : undefined;
    const next = last ? `${PATH}?after=${last.id}&limit=${query.limit}` : null;
    if (next !== null) {
      reply.header("Link", `<${next}>; rel="next"`);
    }
    return { documents: listed.map(shown), next };
  });
  const schema = { body: schemas.newDocument };
  const options = { schema, bodyLimit: BODY_LIMIT, onRequest: limitCreations };
  typed.post(PATH, options, async ({ body }, reply) => {
    const document = await documents.create(body.title);
    return reply.code(201).header("Location", `${PATH}/${document.id}`).send(shown(document));
  });
}

function addDocument(app: FastifyInstance, { documents }: RouteServices): void {
  const schema = { params: schemas.documentPath };
  app.withTypeProvider<ZodTypeProvider>().get(DOCUMENT_PATH, { schema }, async (request, reply) => {
    reply.header("Vary", "Accept");
    return isForPage(request)
      ? reply.sendFile("index.html")
      : shown(await found(request.params.id, (id) => documents.find(id)));
  });
}

function addVersions(app: FastifyInstance, services: RouteServices): void {
  const { documents, versions, limitCreations } = services;
  const typed = app.withTypeProvider<ZodTypeProvider>();
  const params = schemas.documentPath;
  typed.get(VERSIONS_PATH, { schema: { params } }, async (request) => {
    const { id } = await found(request.params.id, (each) => documents.find(each));
    return { versions: (await versions.list(id)).map(shown) };
  });
  const schema = { params, body: schemas.newVersion };
  const options = { schema, bodyLimit: BODY_LIMIT, onRequest: limitCreations };
  typed.post(VERSIONS_PATH, options, async (request, reply) => {
    const { id } = request.params;
    const version = await keepVersion(services, id, request.body.title);
    const location = `${PATH}/${id}/versions/${version.id}`;
    return reply.code(201).header("Location", location).send(shown(version));
  });
  const path = { params: schemas.versionPath };
  typed.get(`${VERSIONS_PATH}/:version`, { schema: path }, async (request, reply) => {
    const { id, version } = request.params;
    const find = (): Promise<Buffer | undefined> => versions.state(id, version);
    const state = await found(
      id,
      VERSION_ID.test(version) ? find : () => Promise.resolve(undefined),
    );
    return reply.type("application/octet-stream").send(state);
  });
}

/** Keeps the state that is saved now, which everybody sees who sees it as saved. */
async function keepVersion(services: RouteServices, id: string, title: string): Promise<Version> {
  const { store, scheduler, versions, metrics } = services;
  const state = await found(id, (each) => storedState(store, scheduler, each));
  const version = await versions.add(id, state, title);
  if (version === undefined) {
    throw new Problem(409, {
      kind: "too-many-versions",
      title: "There are too many versions",
      detail: `the document already has ${MAX_TITLED} versions with a title`,
    });
  }
  metrics.versions.inc();
  return version;
}

/**
 * Finds something by a document's id.
 *
 * @throws Problem 404 if there is none, or the text is not an id
 */
async function found<T>(id: string, find: (id: string) => Promise<T | undefined>): Promise<T> {
  const thing = schemas.isDocumentId(id) ? await find(id) : undefined;
  if (thing === undefined) {
    const detail = "there is no document, or no version of it, by this URL";
    throw new Problem(404, { kind: "no-document", title: "There is no such document", detail });
  }
  return thing;
}

/** The JSON of a document or a version. */
function shown<T extends DocumentSummary | Version>(thing: T) {
  const { createdAt } = thing;
  const updatedAt = "updatedAt" in thing ? { updatedAt: thing.updatedAt.toISOString() } : {};
  return { ...thing, createdAt: createdAt.toISOString(), ...updatedAt };
}
