import type { IncomingMessage } from "node:http";
import { WebSocket } from "ws";
import { causeOf } from "../causes.ts";
import { statusText } from "../failure.ts";
import { MAX_MESSAGE } from "../visits/body.ts";
import type { HttpClient } from "../visits/client.ts";
import { ABNORMAL_CLOSURE, type Transport, type TransportEvents } from "./transport.ts";

/** The transports `websocket` and `websocket-raw`; the messages of the latter are wrapped into frames. */
export class WebSocketTransport implements Transport {
  readonly silentMs = 0;
  readonly #socket: WebSocket;
  readonly #isRaw: boolean;

  constructor(url: string, client: HttpClient, events: TransportEvents, isRaw = false) {
    this.#isRaw = isRaw;
    this.#socket = new WebSocket(url.replace(/^http/, "ws"), {
      headers: client.headersFor({ url, headers: {} }),
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE,
      createConnection: client.connector.connectionTo(url),
    });
    const answered = ({ headers, statusCode: status = 0 }: IncomingMessage): void => {
      client.keep(headers, url);
      events.answer({ request: "GET /websocket", status, headers });
    };
    let fault = "connection lost";
    this.#socket.on("upgrade", answered);
    this.#socket.on("unexpected-response", (_request, response) => {
      response.resume();
      answered(response);
      const { headers, statusCode: status = 0 } = response;
      const text = statusText({ status, location: headers.location });
      events.closed(ABNORMAL_CLOSURE, `GET /websocket was answered ${text}`);
    });
    this.#socket.on("open", () => {
      if (isRaw) {
        events.frame("o");
      }
    });
    this.#socket.on("message", (data: Buffer) => {
      const text = data.toString();
      events.frame(isRaw ? `a${JSON.stringify([text])}` : text);
    });
    this.#socket.on("error", (error) => (fault = causeOf(error).words));
    this.#socket.on("close", (code, reason) => events.closed(code, reason.toString() || fault));
  }

  send(text: string): void {
    this.#socket.send(this.#isRaw ? text : JSON.stringify([text]));
  }

  close(): void {
    this.#socket.terminate();
  }
}
