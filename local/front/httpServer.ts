import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { answerHalfClosed } from "../../app/common/http/connections.ts";
import { HEADERS_SECONDS, MAX_HEAD_BYTES } from "../../app/contract/requestLimits.ts";
import { HttpRefusal, isUpgrade, refuseConnection, standardRefusal } from "./httpMessage.ts";

/** How often timeouts are checked, in milliseconds. */
const CHECK_MS = 500;

/** Maximum number of pipelined requests on a connection; browsers send one at a time. */
const MAX_PIPELINED = 64;

/** Refusals by the code of the parser's error. */
const REFUSALS: Record<string, HttpRefusal> = {
  ERR_HTTP_REQUEST_TIMEOUT: standardRefusal(408),
  HPE_HEADER_OVERFLOW: new HttpRefusal(431, `the headers are larger than ${MAX_HEAD_BYTES} bytes`),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: new HttpRefusal(413, "the extensions of a chunk are too large"),
};

export interface HttpServerOptions {
  /** Milliseconds for which a connection may be idle, and until a request must have arrived. */
  idleMs: number;
  /** Milliseconds until the headers must have arrived. @default 10,000, as at the key router */
  headersMs?: number | undefined;
  serve: (request: IncomingMessage, response: ServerResponse) => void;
  upgrade: (request: IncomingMessage, client: Socket, head: Buffer) => void;
}

/** Creates a server that serves the requests of a connection one at a time, and refuses invalid ones. */
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
  // Also closes clients that do not read. A silent upstream times out earlier, with a response.
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
        // The responses to earlier requests would end up in the WebSocket's data.
        client.destroy();
      }
    })
    .on("connect", (_request, client: Socket) => {
      refuseConnection(client, new HttpRefusal(400, "CONNECT is not supported"));
    })
    .on("clientError", (error: NodeJS.ErrnoException, client: Socket) => {
      if (client.bytesRead === 0 || !client.writable || !pipelineOf(client).isAnswerable) {
        client.destroy();
      } else {
        const refusal = REFUSALS[error.code ?? ""];
        refuseConnection(client, refusal ?? standardRefusal(400));
      }
    });
}

/** The unanswered requests of a connection; only the first is passed on. */
class Pipeline {
  #size = 0;
  #last: { request: IncomingMessage; response: ServerResponse } | undefined;
  #answered: Promise<void> = Promise.resolve();

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** Whether a response that is written now would answer the last request. */
  get isAnswerable(): boolean {
    const { request, response } = this.#last ?? {};
    return (
      this.isEmpty ||
      (this.#size === 1 && request?.complete === false && response?.headersSent === false)
    );
  }

  /** Serves a request after those before it; closes the connection when too many wait. */
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
