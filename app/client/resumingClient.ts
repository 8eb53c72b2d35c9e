import { FRAME_TOO_BIG, NO_ANSWER, TOO_BIG } from "../contract/closeStatus.ts";

/** The interface of a session, which SockJS and other clients of its protocol implement. */
export interface SessionLike {
  /** The SockJS transport in use, once the session is open. */
  readonly transport?: string | null;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  /** Called with each heartbeat of a fall-back; pages do not see those of WebSockets. */
  onheartbeat?: ((event: never) => void) | null;
  send(text: string): void;
  close(): void;
}

/** An event of a client. */
export type ClientEvent =
  | { type: "connecting"; attempt: number }
  | { type: "open"; transport: string }
  /** `replica` is the last 5 characters of its name; empty if the server does not send it. */
  | { type: "echo"; text: string; replica: string; milliseconds: number }
  | { type: "refused"; text: string; reason: string }
  | { type: "closed"; code: number; reason: string; retryInMs: number | undefined };

/** Counts of a client's messages. */
export interface ClientCounts {
  /** Messages given to `send()`. */
  sent: number;
  /** Messages that were echoed, each counted once. */
  echoed: number;
  /** Echoes of messages that had been echoed before. */
  doubled: number;
  /** Messages that the server refused as too large. */
  refused: number;
  /** Messages that still waited for their echo when the client was closed. */
  lost: number;
  /** Sessions opened after the first. */
  reconnects: number;
}

export interface ResumingClientOptions {
  /** Opens a new session. */
  connect: () => SessionLike;
  onEvent?: (event: ClientEvent) => void;
  /** Milliseconds before the first retry, doubled with each that fails. @default 200 */
  minDelayMs?: number;
  /** Maximum milliseconds before a retry. @default 5000 */
  maxDelayMs?: number;
  /** Milliseconds without an expected echo after which a session counts as dead. @default 10000 */
  answerTimeoutMs?: number;
  /** Milliseconds without a message or a heartbeat after which a fall-back counts as dead. @default - none */
  silenceTimeoutMs?: number;
}

const NONE = { sent: 0, echoed: 0, doubled: 0, refused: 0, lost: 0, reconnects: 0 };
const DEFAULTS = { minDelayMs: 200, maxDelayMs: 5000, answerTimeoutMs: 10_000 };

interface Pending {
  text: string;
  sentAt: number;
  /** Sessions in which it was sent. */
  tries: number;
}

/** Close statuses for a message, or a WebSocket frame, that is too large. */
const MESSAGE_TOO_BIG: readonly number[] = [TOO_BIG, FRAME_TOO_BIG];

/** Number of sessions that a message larger than the window may end: fall-backs do not show why they fail. */
const MAX_LARGE_TRIES = 3;

/** Maximum characters in flight in one session; more wait in the client, which keeps batches small. */
const WINDOW_CHARACTERS = 64 * 1024;

/** An echo of one of our messages; our server puts `<time>(<replica>): ` before it. */
const ECHO = /^(?:[^(]*\((.{1,5})\): )?~(\w+)\.(\d+) /s;

/**
 * Keeps a conversation with an echo server alive over any number of sessions: it reconnects with
 * back-off and jitter, sends again what was not echoed and knows its own echoes by their number.
 */
export class ResumingClient {
  readonly counts: ClientCounts = { ...NONE };
  readonly #options: ResumingClientOptions & typeof DEFAULTS;
  readonly #id = Math.random().toString(36).slice(2, 8);
  readonly #pending = new Map<number, Pending>();
  #inFlight = 0;
  #lastSent = 0;
  #session: SessionLike | undefined;
  #isOpen = false;
  #opened = 0;
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ResumingClientOptions) {
    this.#options = { ...DEFAULTS, ...options };
  }

  /** Messages that wait for their echo. */
  get waiting(): number {
    return this.#pending.size;
  }

  /** Milliseconds for which the oldest of them has waited. */
  get waitingMs(): number {
    const [oldest] = this.#pending.values();
    return oldest === undefined ? 0 : Date.now() - oldest.sentAt;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Opens the first session; does nothing while there is one or one is being retried. */
  connect(): void {
    if (this.#session === undefined && this.#retry === undefined) {
      this.#connect();
    }
  }

  /** Sends a message, now or as soon as a session is open. */
  send(text: string): void {
    this.counts.sent += 1;
    this.#pending.set(this.counts.sent, { text, sentAt: Date.now(), tries: 0 });
    this.#flush();
  }

  /** Drops the session as a broken network would; the client then reconnects. */
  interrupt(): void {
    this.#attempt = 0;
    this.#ended(NO_ANSWER, "interrupted");
  }

  /** Closes the session until `connect()`, and keeps unechoed messages. */
  pause(reason: string): void {
    const wasClosed = this.#session === undefined && this.#retry === undefined;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#attempt = 0;
    this.#drop();
    if (!wasClosed) {
      this.#options.onEvent?.({ type: "closed", code: 1000, reason, retryInMs: undefined });
    }
  }

  /** Closes the client; messages without an echo count as lost. */
  close(): void {
    this.counts.lost += this.#pending.size;
    this.#pending.clear();
    this.pause("");
  }

  #connect(): void {
    this.#retry = undefined;
    this.#attempt += 1;
    this.#options.onEvent?.({ type: "connecting", attempt: this.#attempt });
    const session = this.#options.connect();
    this.#session = session;
    session.onopen = () => this.#open(session);
    session.onmessage = ({ data }: { data: string }) => this.#received(data);
    session.onheartbeat = () => this.#heard();
    session.onclose = ({ code, reason }: { code: number; reason: string }) =>
      this.#ended(code, reason);
    this.#watch();
  }

  #open(session: SessionLike): void {
    this.#isOpen = true;
    this.counts.reconnects += this.#opened > 0 ? 1 : 0;
    this.#opened += 1;
    this.#lastSent = 0;
    this.#inFlight = 0;
    this.#unwatch();
    this.#heard();
    this.#options.onEvent?.({ type: "open", transport: session.transport ?? "" });
    this.#flush();
  }

  /** Sends in order what this session has not sent, as far as the window allows. */
  #flush(): void {
    for (const [number, pending] of this.#pending) {
      const { text } = pending;
      if (!this.#isOpen) {
        return;
      }
      if (number <= this.#lastSent) {
        continue;
      }
      if (this.#inFlight > 0 && this.#inFlight + text.length > WINDOW_CHARACTERS) {
        return;
      }
      this.#inFlight += text.length;
      this.#lastSent = number;
      pending.tries += 1;
      this.#session?.send(`~${this.#id}.${number} ${text}`);
      // A running watchdog is not restarted: only an echo shows that the session lives.
      if (this.#watchdog === undefined) {
        this.#watch();
      }
    }
  }

  #received(echo: string): void {
    this.#heard();
    const [, replica = "", id, digits] = ECHO.exec(echo) ?? [];
    if (id !== this.#id) {
      return;
    }
    const number = Number(digits);
    const pending = this.#pending.get(number);
    if (pending === undefined) {
      this.counts.doubled += 1;
      return;
    }
    this.#attempt = 0;
    this.counts.echoed += 1;
    this.#pending.delete(number);
    this.#inFlight -= pending.text.length;
    this.#watch();
    const milliseconds = Date.now() - pending.sentAt;
    this.#options.onEvent?.({ type: "echo", text: pending.text, replica, milliseconds });
    this.#flush();
  }

  #ended(code: number, reason: string): void {
    if (this.#session === undefined) {
      return;
    }
    this.#drop();
    this.#giveUpTooBig(code, reason);
    const { minDelayMs, maxDelayMs } = this.#options;
    const delay = Math.min(maxDelayMs, minDelayMs * 2 ** Math.max(0, this.#attempt - 1));
    const retryInMs = delay * (0.5 + Math.random() / 2);
    this.#retry = setTimeout(() => this.#connect(), retryInMs);
    this.#options.onEvent?.({ type: "closed", code, reason, retryInMs });
  }

  /** Gives up the largest message if one was too large: the server does not say which. */
  #giveUpTooBig(code: number, reason: string): void {
    const sent = [...this.#pending].filter(([number]) => number <= this.#lastSent);
    const [largest] = sent.sort(([, a], [, b]) => bytesOf(b.text) - bytesOf(a.text));
    if (largest === undefined) {
      return;
    }
    const [number, { text, tries }] = largest;
    const isHopeless = text.length > WINDOW_CHARACTERS && tries >= MAX_LARGE_TRIES;
    if (MESSAGE_TOO_BIG.includes(code) || isHopeless) {
      this.#pending.delete(number);
      this.counts.refused += 1;
      this.#options.onEvent?.({ type: "refused", text, reason });
    }
  }

  #drop(): void {
    const session = this.#session;
    this.#session = undefined;
    this.#isOpen = false;
    this.#unwatch();
    clearTimeout(this.#silence);
    if (session !== undefined) {
      session.onopen = session.onmessage = session.onclose = session.onheartbeat = null;
      session.close();
    }
  }

  /** Ends the session as dead unless the next echo arrives in time. */
  #watch(): void {
    this.#unwatch();
    if (!this.#isOpen || this.#pending.size > 0) {
      const { answerTimeoutMs } = this.#options;
      this.#watchdog = setTimeout(() => this.#ended(NO_ANSWER, "no answer"), answerTimeoutMs);
    }
  }

  /** Ends the session as dead unless another message or heartbeat arrives in time. */
  #heard(): void {
    clearTimeout(this.#silence);
    const { silenceTimeoutMs } = this.#options;
    if (silenceTimeoutMs !== undefined && this.#session?.transport !== "websocket") {
      this.#silence = setTimeout(() => this.#ended(NO_ANSWER, "no answer"), silenceTimeoutMs);
    }
  }

  #unwatch(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = undefined;
  }
}

/** The size of a text in UTF-8, which servers limit. */
function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
