import { Manager, type Socket } from "socket.io-client";
import { Failure } from "../failure.ts";
import type { HttpClient } from "../visits/client.ts";
import type { HttpRequest } from "../visits/request.ts";
import { createTransports, type Answer, type TransportName } from "./transports.ts";

/** Milliseconds until a session must be open and upgraded. */
const OPEN_MS = 10_000;

/** Milliseconds for the server to close the session, which ends the request that polls. */
const CLOSE_MS = 1000;

export interface SessionOptions {
  /** The endpoint of Engine.IO, such as `http://127.0.0.1:8080/socket.io/?room=a`. */
  request: HttpRequest;
  namespace: string;
  client: HttpClient;
  transport: TransportName;
  onAnswer: (answer: Answer) => void;
  /** Called once the namespace is connected, and the transport upgraded if it must be. */
  onReady: () => void;
  /** Called with the arguments of the first event from the server. */
  onEvent: (args: unknown[]) => void;
  /** Called if the session ends unasked, or does not become ready. */
  onClosed: (error: Error) => void;
}

/** A session of Socket.IO that never reconnects. */
export class SocketioSession {
  readonly transport: TransportName;
  readonly #manager: Manager;
  readonly #socket: Socket;
  readonly #onClosed: (error: Error) => void;
  readonly #timer = setTimeout(() => this.#ended("it was not open in time"), OPEN_MS);
  readonly #abort = new AbortController();
  /** The reason for which a transport has failed, in more detail than its events have. */
  #fault: Error | undefined;
  #isReady = false;
  #isClosed = false;

  constructor({ request, namespace, client, transport, ...on }: SessionOptions) {
    const { origin, pathname, searchParams } = new URL(request.url);
    const answered = (answer: Answer): void => (this.#isClosed ? undefined : on.onAnswer(answer));
    const { Polling, Socket } = createTransports(
      client,
      request.headers,
      this.#abort.signal,
      answered,
      (fault) => (this.#fault ??= fault),
    );
    const transports = { polling: [Polling], websocket: [Socket], upgrade: [Polling, Socket] };
    this.transport = transport;
    this.#onClosed = on.onClosed;
    this.#manager = new Manager(origin, {
      path: pathname,
      addTrailingSlash: pathname.endsWith("/"),
      query: Object.fromEntries(searchParams),
      transports: transports[transport],
      reconnection: false,
      timeout: OPEN_MS,
    });
    this.#socket = this.#manager.socket(namespace);
    this.#socket.onAny((_event, ...args: unknown[]) => {
      this.#socket.offAny();
      on.onEvent(args);
    });
    const { engine } = this.#manager;
    let isUpgraded = transport !== "upgrade";
    const check = (): void => {
      if (!this.#isReady && isUpgraded && this.#socket.connected) {
        this.#isReady = true;
        clearTimeout(this.#timer);
        on.onReady();
      }
    };
    engine.once("upgrade", () => {
      isUpgraded = true;
      check();
    });
    engine.once("upgradeError", ({ message }) => this.#ended(`the upgrade failed: ${message}`));
    this.#socket.once("connect", check);
    this.#socket.once("connect_error", (error) => this.#ended(reasonOf(error)));
    this.#socket.once("disconnect", (reason) => this.#ended(reason));
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /**
   * Sends a heartbeat, which no app sees, in a request of its own.
   *
   * @returns false if a request is still under way
   */
  beat(onSent: () => void): boolean {
    const { transport } = this.#manager.engine;
    if (transport.writable) {
      transport.once("drain", onSent);
      transport.send([{ type: "pong" }]);
      return true;
    }
    return false;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#socket.disconnect();
    setTimeout(() => this.#abort.abort(), CLOSE_MS).unref();
  }

  #ended(reason: string): void {
    if (!this.#isClosed) {
      this.close();
      this.#onClosed(this.#fault ?? new Failure(reason));
    }
  }
}

/** Why a connection failed; the code is engine.io's. */
function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  return code === "parser error" ? "the response is not of Socket.IO" : message;
}
