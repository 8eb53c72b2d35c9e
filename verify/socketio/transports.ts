import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { Fetch, NodeWebSocket } from "engine.io-client";
import { WebSocket } from "ws";
import { Failure, wrongStatus } from "../failure.ts";
import { beginningOf, MAX_MESSAGE, wholeOf } from "../visits/body.ts";
import type { HttpClient } from "../visits/client.ts";
import { ANSWER_MS, inTime } from "../visits/limit.ts";
import type { HttpRequest } from "../visits/request.ts";

/** How a session is opened: by one transport only, or by long polling and an upgrade to a WebSocket. */
export const TRANSPORTS = ["polling", "websocket", "upgrade"] as const;
export type TransportName = (typeof TRANSPORTS)[number];

/** A response to a request of a session, from whichever server. */
export interface Answer {
  /** The request's method and transport, such as `POST polling`. */
  request: string;
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  /** The value of the header `Cookie` that was sent. */
  cookie: string;
  /** The body, unless it is a WebSocket. */
  text: string;
}

/**
 * Creates the transports of one session of Engine.IO, which open a connection for each request, so each could go astray.
 *
 * @param headers sent with each request
 * @param signal aborts requests that are still under way
 */
export function createTransports(
  client: HttpClient,
  headers: Record<string, string>,
  signal: AbortSignal,
  onAnswer: (answer: Answer) => void,
  onFault: (fault: Error) => void,
) {
  const opened = (request: HttpRequest) =>
    inTime(ANSWER_MS, signal, (limit) => client.open(request, limit.signal));

  class Polling extends Fetch {
    override doPoll(): void {
      void this.#ask("GET").then((text) => text !== undefined && this.#read(text));
    }

    override doWrite(data: string, callback: () => void): void {
      void this.#ask("POST", data).then((text) => text !== undefined && callback());
    }

    #read(text: string): void {
      try {
        this.onData(text);
      } catch {
        onFault(new Failure("the response is not Socket.IO"));
        this.onError("the response is not Socket.IO", undefined);
      }
    }

    /** Returns undefined, and ends the session, unless there is a response with a status of success. */
    async #ask(method: "GET" | "POST", body?: string) {
      const request: HttpRequest = {
        name: `${method} polling`,
        method,
        url: this.uri(),
        headers: { ...headers, "content-type": "text/plain;charset=UTF-8" },
        ...(body === undefined ? {} : { body }),
      };
      try {
        // The server responds to a GET as soon as it has something to send.
        const { body: response, ...answer } =
          method === "GET" ? await client.open(request, signal) : await opened(request);
        const text = await inTime(ANSWER_MS, signal, (limit) => wholeOf(response, limit));
        onAnswer({ ...answer, request: request.name, text });
        if (answer.status < 300) {
          return text;
        }
        onFault(rejected(request.name, answer.status, answer.headers));
      } catch (error) {
        onFault(error as Error);
      }
      this.onError(`${request.name} failed`, undefined);
      return undefined;
    }
  }

  class Socket extends NodeWebSocket {
    override createSocket(url: string): WebSocket {
      const cookie = client.cookieFor(url);
      const socket = new WebSocket(url, {
        headers: client.headersFor({ url, headers }),
        perMessageDeflate: false,
        maxPayload: MAX_MESSAGE,
        createConnection: client.connector.connectionTo(url),
      });
      const answered = ({ headers: got, statusCode: status = 0 }: IncomingMessage, text = "") => {
        client.keep(got, url);
        onAnswer({ request: "GET websocket", status, headers: got, cookie, text });
      };
      socket.once("upgrade", (response) => answered(response));
      socket.once("unexpected-response", (_request, response) => {
        onFault(rejected("GET websocket", response.statusCode ?? 0, response.headers));
        const read = inTime(ANSWER_MS, signal, (limit) => beginningOf(response, limit)).then(
          (text) => answered(response, text),
        );
        void read.catch(() => undefined).then(() => socket.terminate());
      });
      socket.once("error", onFault);
      return socket;
    }
  }

  return { Polling, Socket };
}

function rejected(request: string, status: number, { location }: IncomingHttpHeaders): Failure {
  return wrongStatus({ status, location }, (text) => `${request} was answered ${text}`);
}
