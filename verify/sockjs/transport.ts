/** The transports of SockJS that a server offers. */
export const TRANSPORTS = [
  "websocket",
  "websocket-raw",
  "xhr-streaming",
  "xhr-polling",
  "eventsource",
  "htmlfile",
  "jsonp-polling",
] as const;
export type TransportName = (typeof TRANSPORTS)[number];

/** Status of a session that ended without a close frame, as for WebSockets (https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1). */
export const ABNORMAL_CLOSURE = 1006;

/** A response to a request of a session, from whichever server. */
export interface Answer {
  /** The request's method and path below the session, such as `POST /xhr_send`. */
  request: string;
  status: number;
  headers: NodeJS.Dict<string | string[]>;
}

/** Called by a transport. */
export interface TransportEvents {
  frame(frame: string): void;
  closed(code: number, reason: string): void;
  answer(answer: Answer): void;
}

/** Carries the frames of one session. */
export interface Transport {
  /** Milliseconds from the last part of a receiving request's response, or its end, to the last frame. */
  readonly silentMs: number;
  send(text: string): void;
  close(): void;
}
