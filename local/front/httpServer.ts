import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { answerHalfClosed } from "../../app/common/http/connections.ts";
import { HEADERS_SECONDS, MAX_HEAD_BYTES } from "../../app/contract/requestLimits.ts";
import { isUpgrade, HttpRefusal, refuseConnection } from "./httpMessage.ts";

/** How often it is looked for what takes too long. */
const CHECK_MS = 500;

/** Requests that may wait on a connection for the answer to the first of them; browsers send one by one. */
const MAX_PIPELINED = 64;

/** Why a request could not be read, by the code of the parser's error. */
const REFUSALS: Record<string, HttpRefusal> = {
  ERR_HTTP_REQUEST_TIMEOUT: new HttpRefusal(408, "the request did not come in time"),
  HPE_HEADER_OVERFLOW: new HttpRefusal(431, `the headers are larger than ${MAX_HEAD_BYTES} bytes`),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: new HttpRefusal(413, "the extensions of a chunk are too large"),
};

export interface HttpServerOptions {
  /** How long a connection may be silent, and a request take to come. */
  idleMs: number;
  /** @default 10 s, as at the key router */
  headersMs?: number | undefined;
  serve: (request: IncomingMessage, response: ServerResponse) => void;
  upgrade: (request: IncomingMessage, client: Socket, head: Buffer) => void;
}

/** A server that has the requests of a connection served one after the other, and refuses what is none. */
export function createHttpServer(options: HttpServerOptions): Server {
  const { idleMs, headersMs = HEADERS_SECONDS * 1000, serve, upgrade } = options;
  const pipelines = new WeakMap<Socket, Pipeline>();
  const pipelineOf = (client: Socket): Pipeline => {
    const pipeline = pipelines.get(client) ?? new Pipeline();
    pipelines.set(client, pipeline);
    return pipeline;
  };
  const server = createServer({
    noDelay: true,
    keepAliveTimeout: idleMs,
    headersTimeout: headersMs,
    requestTimeout: Math.max(idleMs, headersMs),
    connectionsCheckingInterval: Math.min(idleMs, headersMs, CHECK_MS),
    maxHeaderSize: MAX_HEAD_BYTES,
    requireHostHeader: false,
    shouldUpgradeCallback: isUpgrade,
  });
  answerHalfClosed(server, headersMs);
  // A client that does not read is silent, too; one whose replica is silent is told so before.
  server.timeout = 2 * idleMs;
  const take = (request: IncomingMessage, response: ServerResponse): void =>
    void pipelineOf(request.socket).take(request, response, serve);
  return server
    .on("request", take)
    .on("checkContinue", take)
    .on("upgrade", (request, client: Socket, head) => {
      if (pipelineOf(client).isEmpty) {
        upgrade(request, client, head);
      } else {
        // What comes before an upgrade would be answered in the midst of what comes after it.
        client.destroy();
      }
    })
    .on("connect", (_request, client: Socket) => {
      refuseConnection(client, new HttpRefusal(400, "this is no proxy to elsewhere"));
    })
    .on("clientError", (error: NodeJS.ErrnoException, client: Socket) => {
      if (client.bytesRead === 0 || !client.writable || !pipelineOf(client).isAnswerable) {
        client.destroy();
      } else {
        const refusal = REFUSALS[error.code ?? ""];
        refuseConnection(client, refusal ?? new HttpRefusal(400, "this is no valid HTTP request"));
      }
    });
}

/** The requests of a connection that are not answered yet, of which replicas only know the first. */
class Pipeline {
  #size = 0;
  #last: { request: IncomingMessage; response: ServerResponse } | undefined;
  #answered: Promise<void> = Promise.resolve();

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** Whether an answer that is written now is taken for the one to what came last. */
  get isAnswerable(): boolean {
    const { request, response } = this.#last ?? {};
    return (
      this.isEmpty ||
      (this.#size === 1 && request?.complete === false && response?.headersSent === false)
    );
  }

  /** Has a request served in its turn; closes the connection when too many wait. */
  async take(
    request: IncomingMessage,
    response: ServerResponse,
    serve: HttpServerOptions["serve"],
  ): Promise<void> {
    this.#size += 1;
    if (this.#size > MAX_PIPELINED) {
      request.socket.destroy();
    }
    const before = this.#answered;
    this.#last = { request, response };
    this.#answered = new Promise((resolve) => {
      response.once("close", () => {
        this.#size -= 1;
        resolve();
      });
    });
    await before;
    if (!request.socket.destroyed) {
      serve(request, response);
    }
  }
}
