import type { IncomingMessage } from "node:http";
import { text as textOf } from "node:stream/consumers";
import { Fetch, NodeWebSocket } from "engine.io-client";
import { WebSocket } from "ws";
import type { HttpClient } from "../visits/client.ts";

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
) {
  class Polling extends Fetch {
    override doPoll(): void {
      // The server responds as soon as it has something to send.
      void this.#ask("GET", undefined, 0).then((text) => text !== undefined && this.onData(text));
    }

    override doWrite(data: string, callback: () => void): void {
      void this.#ask("POST", data).then((text) => text !== undefined && callback());
    }

    /** Returns undefined, and ends the session, unless there is a response with a status of success. */
    async #ask(method: "GET" | "POST", body?: string, answerMs?: number) {
      const request = {
        name: `${method} polling`,
        method,
        url: this.uri(),
        headers: { ...headers, "content-type": "text/plain;charset=UTF-8" },
        ...(body === undefined ? {} : { body }),
      };
      try {
        const { body: response, ...answer } = await client.open(request, signal, answerMs);
        const text = await response.text();
        onAnswer({ ...answer, request: request.name, text });
        if (answer.status < 300) {
          return text;
        }
        this.onError(`${request.name} was answered ${answer.status}`, answer.status);
      } catch (error) {
        this.onError(`${request.name} failed`, error);
      }
      return undefined;
    }
  }

  class Socket extends NodeWebSocket {
    override createSocket(url: string): WebSocket {
      const cookie = client.cookieFor(url);
      const socket = new WebSocket(url, {
        headers: client.headersFor({ name: "", method: "GET", url, headers }),
        perMessageDeflate: false,
        createConnection: client.connector.connectionTo(url),
      });
      const answered = ({ headers: got, statusCode: status = 0 }: IncomingMessage, text = "") => {
        client.keep(got, url);
        onAnswer({ request: "GET websocket", status, headers: got, cookie, text });
      };
      socket.once("upgrade", (response) => answered(response));
      socket.once("unexpected-response", (_request, response) => {
        const rejected = textOf(response).then((text) => answered(response, text));
        void rejected.catch(() => undefined).then(() => socket.terminate());
      });
      return socket;
    }
  }

  return { Polling, Socket };
}
