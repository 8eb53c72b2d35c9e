import { randomInt, randomUUID } from "node:crypto";
import type { SessionLike } from "../../app/client/resumingClient.ts";
import type { Origin } from "../connector.ts";
import { HttpClient } from "../visits/client.ts";
import { HttpTransport, type HttpTransportName } from "./httpTransport.ts";
import {
  ABNORMAL_CLOSURE,
  type Answer,
  type Transport,
  type TransportEvents,
  type TransportName,
} from "./transport.ts";
import { WebSocketTransport } from "./webSocketTransport.ts";

/** Close reason of a session whose receiving request reached a server that did not know the session. */
export const OPENED_TWICE = "a receiving request opened the session a second time";

/** Close reason of a session that its own server may have forgotten. */
const FORGOTTEN = "the session was opened again after a silence, for which servers forget sessions";

/** Milliseconds without a receiving request after which servers may forget a session; sockjs-node waits for 5 s. */
const FORGET_MS = 4000;

export interface SessionOptions extends Pick<Origin, "source"> {
  /** The SockJS prefix, such as `http://127.0.0.1:8080/echo`. */
  url: string;
  transport: TransportName;
  /** Keeps the cookies of the sessions before. @default - one without cookies so far, from the origin */
  client?: HttpClient;
  /** Milliseconds without a receiving request after which servers may forget the session. @default 4000 */
  forgetMs?: number;
  onAnswer?: ((answer: Answer) => void) | undefined;
}

/** A SockJS session on one transport, with no fall-back of its own. */
export class SockjsSession implements SessionLike {
  readonly transport: TransportName;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readonly #carrier: Transport;
  readonly #forgetMs: number;
  #isOpen = false;
  #isClosed = false;

  constructor({
    url,
    transport,
    onAnswer,
    source,
    client = new HttpClient({ source, keepsCookies: true }),
    forgetMs = FORGET_MS,
  }: SessionOptions) {
    this.transport = transport;
    this.#forgetMs = forgetMs;
    const events: TransportEvents = {
      frame: (frame) => this.#received(frame),
      closed: (code, reason) => this.#closed(code, reason),
      answer: (answer) => onAnswer?.(answer),
    };
    const server = String(randomInt(1000)).padStart(3, "0");
    const session = `${url}/${server}/${randomUUID()}`;
    switch (transport) {
      case "websocket":
        this.#carrier = new WebSocketTransport(`${session}/websocket`, client, events);
        break;
      case "websocket-raw":
        this.#carrier = new WebSocketTransport(`${url}/websocket`, client, events, true);
        break;
      default:
        this.#carrier = new HttpTransport(
          session,
          transport satisfies HttpTransportName,
          client,
          events,
        );
    }
  }

  send(text: string): void {
    this.#carrier.send(text);
  }

  close(): void {
    this.#isClosed = true;
    this.#carrier.close();
  }

  #received(frame: string): void {
    if (this.#isClosed) {
      return;
    }
    try {
      this.#handle(frame[0], frame.slice(1));
    } catch {
      this.#closed(ABNORMAL_CLOSURE, "a frame could not be read");
    }
  }

  #handle(type: string | undefined, payload: string): void {
    switch (type) {
      case "o":
        if (this.#isOpen) {
          // A server that does not know the session of a receiving request opens a new one.
          const isForgotten = this.#carrier.silentMs > this.#forgetMs;
          this.#closed(ABNORMAL_CLOSURE, isForgotten ? FORGOTTEN : OPENED_TWICE);
        } else {
          this.#isOpen = true;
          this.onopen?.();
        }
        break;
      case "a":
        (JSON.parse(payload) as string[]).forEach((data) => this.onmessage?.({ data }));
        break;
      case "c":
        this.#closed(...closingOf(JSON.parse(payload)));
        break;
      case "h":
        break;
      default:
        throw new Error("no SockJS frame");
    }
  }

  #closed(code: number, reason: string): void {
    if (!this.#isClosed) {
      this.close();
      this.onclose?.({ code, reason });
    }
  }
}

/** Status and reason of a close frame, whatever a server sends. */
function closingOf(frame: unknown): [number, string] {
  const [code, reason] = Array.isArray(frame) ? (frame as unknown[]) : [];
  return [Number(code) || ABNORMAL_CLOSURE, typeof reason === "string" ? reason : ""];
}
