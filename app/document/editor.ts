import {
  MessageType,
  OutgoingMessage,
  type Hocuspocus,
  type WebSocketLike,
} from "@hocuspocus/server";
import { applyAwarenessUpdate, removeAwarenessStates } from "y-protocols/awareness";
import { WebSocket } from "ws";
import * as Y from "yjs";
import type { Logger } from "../common/log.ts";
import { RateLimit } from "../common/rateLimit.ts";
import { encodeStates, type ClientState } from "./clientState.ts";
import { readFrame, type Frame } from "./frames.ts";
import { Refusal } from "./limits.ts";
import type { Room, RoomServices } from "./room.ts";

/** How often an editor is asked whether it lives, in milliseconds: load balancers end what is silent for a minute. */
const PING_MS = 20_000;

/** Updates that may wait for those that they need. */
const MAX_EARLY = 200;

/** Questions a second: each is answered with a whole state. */
const QUESTIONS_PER_SECOND = 4;

/** Documents' states that may wait for a reader that is slow. */
const MAX_UNREAD_STATES = 4;

/** What an editor sends first that comes with nothing: it needs no try, for which the whole document is copied. */
const NOTHING = Buffer.from(Y.encodeStateAsUpdate(new Y.Doc()));

/** The connection of one editor to one document. */
export class Editor {
  readonly #socket: WebSocket;
  readonly #room: Room;
  readonly #services: RoomServices;
  readonly #log: Logger;
  readonly #client: ReturnType<Hocuspocus["handleConnection"]>;
  readonly #onGone: () => void;
  readonly #updates: RateLimit;
  readonly #others: RateLimit;
  readonly #pings: NodeJS.Timeout;
  #hasGreeted = false;
  #clientId: number | undefined;

  /** Updates that need what is not there yet: one typed while what was written offline is still on its way. */
  #early: Uint8Array[] = [];
  #earlyTimer: NodeJS.Timeout | undefined;

  /** Updates that are being saved. */
  #saving = 0;
  #goodbye: { code: number; reason: string } | undefined;
  #isClosed = false;

  /** @param onGone called when it is closed and nothing of it is being saved any more */
  constructor(socket: WebSocket, room: Room, services: RoomServices, onGone: () => void) {
    const { hocuspocus, limits, log } = services;
    this.#socket = socket;
    this.#room = room;
    this.#services = services;
    this.#log = log.child({ document: room.id });
    this.#onGone = onGone;
    this.#updates = new RateLimit(limits.maxUpdatesPerSecond);
    this.#others = new RateLimit(limits.maxUpdatesPerSecond);
    room.editors.add(this);
    const request = new Request(`http://localhost/documents/${room.id}`);
    this.#client = hocuspocus.handleConnection(this.#guardedSocket(), request);
    this.#pings = setInterval(() => socket.send(Uint8Array.of(MessageType.Ping)), PING_MS);
    socket.on("message", (data: Buffer, isBinary) => this.#received(data, isBinary));
    socket.on("error", ({ message }) => this.#log.info({ reason: message }, "connection failed"));
    socket.once("close", (code, reason) => this.#closed(code, reason.toString()));
  }

  /** Whether it was told to leave. */
  get isLeaving(): boolean {
    return this.#goodbye !== undefined;
  }

  /** Closes the connection as soon as everything that came by it is saved; what comes now is not taken. */
  dismiss({ code, message }: Refusal): void {
    this.#leave(code, message);
  }

  #leave(code: number, reason: string): void {
    this.#goodbye ??= { code, reason };
    this.#early = [];
    clearTimeout(this.#earlyTimer);
    this.#closeIfSaved();
  }

  #closeIfSaved(): void {
    if (this.#saving > 0) {
      return;
    }
    if (this.#isClosed) {
      this.#onGone();
    } else if (this.#goodbye !== undefined) {
      this.#socket.close(this.#goodbye.code, this.#goodbye.reason);
    }
  }

  #received(data: Buffer, isBinary: boolean): void {
    if (this.isLeaving) {
      return;
    }
    try {
      if (!isBinary) {
        throw new Refusal("poisoned", "a message was refused: it is text");
      }
      this.#client.lastMessageReceivedAt = Date.now();
      this.#take(readFrame(data, this.#room.id), data);
    } catch (error) {
      this.#refuse(error);
    }
  }

  #take(frame: Frame, data: Uint8Array): void {
    this.#assertInOrder(frame);
    this.#assertRate(frame);
    switch (frame.kind) {
      case "update":
        this.#takeUpdate(frame);
        break;
      case "presence":
        this.#takePresence(frame.own);
        break;
      case "hello":
      case "question":
        this.#client.handleMessage(data);
        break;
      case "bye":
        this.#leave(1000, "");
        break;
      case "nothing":
        break;
    }
  }

  #assertInOrder({ kind }: Frame): void {
    if ((kind === "hello") === this.#hasGreeted && kind !== "nothing") {
      throw new Refusal("poisoned", "the first message, and no other, has to be the greeting");
    }
    this.#hasGreeted ||= kind === "hello";
  }

  #assertRate({ kind }: Frame): void {
    const limit = this.#services.limits.maxUpdatesPerSecond;
    const isTaken =
      kind === "update"
        ? this.#updates.take()
        : this.#others.take(kind === "question" ? limit / QUESTIONS_PER_SECOND : 1);
    if (!isTaken) {
      throw new Refusal("rate", `more than ${limit} messages a second`);
    }
  }

  #takeUpdate({ update, isMerge }: Frame & { kind: "update" }): void {
    const { maxDocumentBytes } = this.#services.limits;
    if (update.byteLength > maxDocumentBytes) {
      const reason = `an update has ${update.byteLength} bytes, allowed are ${maxDocumentBytes}`;
      throw new Refusal("document-bytes", reason);
    }
    if (isMerge && NOTHING.equals(update)) {
      this.#confirm();
    } else if (!this.#room.try(update)) {
      this.#keepEarly(update);
    } else if (isMerge && this.#room.knows(update)) {
      this.#confirm();
    } else {
      this.#save(update);
      this.#takeEarly();
    }
  }

  #keepEarly(update: Uint8Array): void {
    this.#early.push(update);
    const bytes = this.#early.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (this.#early.length > MAX_EARLY || bytes > this.#services.limits.maxDocumentBytes) {
      throw new Refusal("unavailable", "too many updates need what was never sent; try again");
    }
    this.#earlyTimer ??= setTimeout(() => {
      this.#refuse(new Refusal("unavailable", "an update needs what was never sent; try again"));
    }, this.#services.limits.maxSaveSeconds * 1000);
  }

  #takeEarly(): void {
    const early = this.#early;
    this.#early = early.filter((update) => {
      const isReady = this.#room.try(update);
      if (isReady) {
        this.#save(update);
      }
      return !isReady;
    });
    if (this.#early.length === 0) {
      clearTimeout(this.#earlyTimer);
      this.#earlyTimer = undefined;
    } else if (this.#early.length < early.length) {
      this.#takeEarly();
    }
  }

  #save(update: Uint8Array): void {
    this.#saving += 1;
    void this.#room
      .save(update)
      .then(
        () => this.#confirm(),
        (error: unknown) => this.#refuse(error),
      )
      .finally(() => {
        this.#saving -= 1;
        this.#closeIfSaved();
      });
  }

  /** Tells the editor that an update is saved. */
  #confirm(): void {
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send(new OutgoingMessage(this.#room.id).writeSyncStatus(true).toUint8Array());
    }
  }

  /** An editor is one client; it may have been that on a connection that is not closed yet. */
  #takePresence({ clientId, clock, state }: ClientState): void {
    this.#clientId ??= clientId;
    if (this.#clientId !== clientId) {
      throw new Refusal("poisoned", "a message was refused: presence is that of another client");
    }
    const { awareness } = this.#room.document;
    // Who comes back tells what it told last, by a clock that nobody would take a second time.
    const last = awareness.meta.get(clientId)?.clock ?? 0;
    this.#room.clients.set(clientId, this);
    const own = { clientId, clock: Math.max(clock, last + 1), state };
    applyAwarenessUpdate(awareness, encodeStates([own]), null);
  }

  #refuse(error: unknown): void {
    if (this.isLeaving) {
      return;
    }
    if (!(error instanceof Refusal)) {
      this.#log.error({ err: error }, "an editor failed");
    }
    const refusal =
      error instanceof Refusal ? error : new Refusal("unavailable", "the server failed; try again");
    this.#services.metrics.refused.inc({ reason: refusal.kind });
    this.#log.info({ reason: refusal.message, code: refusal.code }, "editor refused");
    this.dismiss(refusal);
  }

  #closed(code: number, reason: string): void {
    clearInterval(this.#pings);
    this.#isClosed = true;
    this.#room.editors.delete(this);
    this.#client.handleClose({ code, reason });
    this.#forgetClient();
    this.#leave(code, reason);
  }

  /** Unless it has come back on another connection. */
  #forgetClient(): void {
    const { clients, document } = this.#room;
    if (this.#clientId !== undefined && clients.get(this.#clientId) === this) {
      clients.delete(this.#clientId);
      removeAwarenessStates(document.awareness, [this.#clientId], null);
    }
  }

  /** Ends a connection whose other side does not read, instead of keeping for it what others write. */
  #guardedSocket(): WebSocketLike {
    const socket = this.#socket;
    const limit = MAX_UNREAD_STATES * this.#services.limits.maxDocumentBytes;
    return {
      get readyState() {
        return socket.readyState;
      },
      send: (data: Uint8Array) => {
        socket.send(data);
        if (socket.bufferedAmount > limit) {
          this.#refuse(new Refusal("slow", "the connection is too slow for this document"));
          socket.terminate();
        }
      },
      close: (code = 1000, reason = "") => this.#leave(code, reason),
    };
  }
}
