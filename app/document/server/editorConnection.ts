import {
  MessageType,
  OutgoingMessage,
  type Hocuspocus,
  type WebSocketLike,
} from "@hocuspocus/server";
import { applyAwarenessUpdate, removeAwarenessStates } from "y-protocols/awareness";
import { WebSocket } from "ws";
import type { Logger } from "../../contract/log.ts";
import { UnavailableError } from "../../common/http/problem.ts";
import { RateLimit } from "../../common/http/rateLimit.ts";
import { encodeStates, type ClientState } from "../protocol/awareness.ts";
import { CloseError } from "../protocol/closeError.ts";
import {
  readFrame,
  syncRequestFrame,
  syncResponseFrame,
  updateFrame,
  type Frame,
} from "../protocol/frames.ts";
import type { Room, RoomServices, Subscriber } from "../room/room.ts";
import { notSaved, DATABASE_UNAVAILABLE } from "../storage/updateWriter.ts";
import { boundedSocket } from "./boundedSocket.ts";
import { UpdateQueue } from "./updateQueue.ts";

/** Time between two pings, in milliseconds: load balancers close connections that are silent for a minute. */
const PING_MS = 20_000;

/** Sync requests and sync responses of an editor a second: each may be about the whole document. */
const SYNCS_PER_SECOND = 4;

/** Size of what may wait to be sent to a slow reader, in states of the largest document. */
const MAX_UNSENT_STATES = 4;

/** State of a connection. */
type State =
  /** Accepts the first message and nothing else. */
  | { kind: "connecting" }
  /** Sends the updates of others as they arrive. */
  | { kind: "open" }
  /** Sends the state of the document first, and then the updates that have arrived meanwhile. */
  | { kind: "syncing"; held: Uint8Array[] }
  /** Accepts nothing, and closes the socket when everything that was received before is saved. */
  | { kind: "closing"; code: number; reason: string }
  /** The socket is closed. */
  | { kind: "closed" };

/** The connection of one editor to one document. */
export class EditorConnection implements Subscriber {
  readonly #socket: WebSocket;
  readonly #room: Room;
  readonly #services: RoomServices;
  readonly #log: Logger;
  readonly #bounded: WebSocketLike;
  /** The connection as Hocuspocus sees it. */
  readonly #client: ReturnType<Hocuspocus["handleConnection"]>;
  readonly #onGone: () => void;
  readonly #updateRate: RateLimit;
  readonly #otherRate: RateLimit;
  readonly #pings: NodeJS.Timeout;
  readonly #queue: UpdateQueue;
  #state: State = { kind: "connecting" };
  /** The Yjs client whose presence the editor sends. */
  #clientId: number | undefined;

  /** @param onGone called when the socket is closed and nothing of the editor is being saved */
  constructor(socket: WebSocket, room: Room, services: RoomServices, onGone: () => void) {
    const { hocuspocus, limits, log } = services;
    this.#socket = socket;
    this.#room = room;
    this.#services = services;
    this.#log = log.child({ document: room.id });
    this.#onGone = onGone;
    this.#updateRate = new RateLimit(limits.maxUpdatesPerSecond);
    this.#otherRate = new RateLimit(limits.maxUpdatesPerSecond);
    this.#queue = new UpdateQueue(room, limits, {
      onSaved: () => this.#confirm(),
      onFailed: (error) => this.#refuse(error),
      // TCP's flow control then keeps further updates with the editor.
      onBusy: (isBusy) => this.#pause(isBusy),
      onIdle: () => this.#closeIfSaved(),
    });
    room.subscribers.add(this);
    const request = new Request(`http://localhost/documents/${room.id}`);
    this.#bounded = boundedSocket(socket, {
      maxUnsentBytes: MAX_UNSENT_STATES * limits.maxDocumentBytes,
      onSlow: () =>
        this.#refuse(new CloseError("slow", "the connection is too slow for this document")),
      close: (code, reason) => this.#leave(code, reason),
    });
    this.#client = hocuspocus.handleConnection(this.#bounded, request);
    this.#pings = setInterval(() => this.#ping(), PING_MS);
    socket.on("message", (data: Buffer, isBinary) => this.#received(data, isBinary));
    socket.on("error", ({ message }) => this.#log.info({ reason: message }, "connection failed"));
    socket.once("close", (code, reason) => this.#closed(code, reason.toString()));
  }

  /** Whether the connection is closed, or closes as soon as everything is saved. */
  get isClosing(): boolean {
    return this.#state.kind === "closing" || this.#state.kind === "closed";
  }

  /** Closes the connection as soon as everything that was received before is saved. */
  close({ code, message }: CloseError): void {
    this.#leave(code, message);
  }

  /** Sends an update that is in the document now. */
  send(update: Uint8Array): void {
    if (this.#state.kind === "syncing") {
      this.#state.held.push(update);
    } else if (this.#state.kind === "open") {
      this.#send(updateFrame(this.#room.id, update));
    }
    this.#queue.retryPending();
  }

  #leave(code: number, reason: string): void {
    if (!this.isClosing) {
      this.#state = { kind: "closing", code, reason };
    }
    this.#queue.close();
    this.#closeIfSaved();
  }

  #closeIfSaved(): void {
    if (!this.#queue.isIdle) {
      return;
    }
    if (this.#state.kind === "closed") {
      this.#onGone();
    } else if (this.#state.kind === "closing") {
      this.#socket.close(this.#state.code, this.#state.reason);
    }
  }

  #received(data: Buffer, isBinary: boolean): void {
    if (this.isClosing) {
      return;
    }
    try {
      if (!isBinary) {
        throw new CloseError("poisoned", "a message was rejected: it is not binary");
      }
      this.#client.lastMessageReceivedAt = Date.now();
      const frame = readFrame(data, this.#room.id);
      this.#assertInOrder(frame);
      this.#assertRate(frame);
      this.#take(frame, data);
    } catch (error) {
      this.#refuse(error);
    }
  }

  #take(frame: Frame, data: Uint8Array): void {
    switch (frame.kind) {
      case "update":
        this.#queue.push(frame.update);
        break;
      case "presence":
        this.#takePresence(frame.own);
        break;
      case "auth":
        this.#client.handleMessage(data);
        break;
      case "syncRequest":
        void this.#sync(frame.vector);
        break;
      case "close":
        this.#leave(1000, "");
        break;
      case "keepAlive":
        break;
    }
  }

  #assertInOrder({ kind }: Frame): void {
    const isFirst = this.#state.kind === "connecting";
    if ((kind === "auth") !== isFirst && kind !== "keepAlive") {
      throw new CloseError("poisoned", "the first message, and no later one, must be the greeting");
    }
    if (kind === "auth") {
      this.#state = { kind: "open" };
    }
  }

  #assertRate(frame: Frame): void {
    const limit = this.#services.limits.maxUpdatesPerSecond;
    const isUpdate = frame.kind === "update" && !frame.isMerge;
    const isSync = frame.kind === "syncRequest" || frame.kind === "update";
    const isWithin = isUpdate
      ? this.#updateRate.take()
      : this.#otherRate.take(isSync ? limit / SYNCS_PER_SECOND : 1);
    if (!isWithin) {
      throw new CloseError("rate", `more than ${limit} messages a second`);
    }
  }

  /** Sends what the editor lacks, and requests what only the editor has. Updates of others are sent afterwards. */
  async #sync(vector: Uint8Array): Promise<void> {
    const { id, content } = this.#room;
    const syncing: State = { kind: "syncing", held: [] };
    if (this.#state.kind === "open") {
      this.#state = syncing;
    }
    try {
      await content.settled();
      content.past.assertNothingUnsent(vector, content.doc);
      this.#send(syncResponseFrame(id, await content.encode(vector)));
      this.#send(syncRequestFrame(id, await content.vector()));
    } catch (error) {
      this.#refuse(error);
    }
    if (this.#state === syncing) {
      this.#state = { kind: "open" };
      syncing.held.forEach((update) => this.#send(updateFrame(id, update)));
    }
  }

  #ping(): void {
    this.#socket.send(Uint8Array.of(MessageType.Ping));
    // A paused socket delivers no pongs either, so Hocuspocus would close the connection as a silent one.
    if (this.#socket.isPaused) {
      this.#client.lastMessageReceivedAt = Date.now();
    }
  }

  #pause(isPaused: boolean): void {
    if (isPaused) {
      this.#socket.pause();
    } else if (this.#socket.isPaused) {
      this.#socket.resume();
    }
  }

  /** Confirms to the editor that an update is saved. */
  #confirm(): void {
    this.#send(new OutgoingMessage(this.#room.id).writeSyncStatus(true).toUint8Array());
  }

  #send(frame: Uint8Array): void {
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#bounded.send(frame);
    }
  }

  /** An editor is one client, possibly the same one as on an earlier connection that is not closed yet. */
  #takePresence({ clientId, clock, state }: ClientState): void {
    this.#clientId ??= clientId;
    if (this.#clientId !== clientId) {
      throw new CloseError(
        "poisoned",
        "a message was rejected: it contains the presence of another client",
      );
    }
    const { awareness } = this.#room.document;
    // A returning editor repeats its last state with a clock that others would ignore.
    const last = awareness.meta.get(clientId)?.clock ?? 0;
    this.#room.clients.set(clientId, this);
    const own = { clientId, clock: Math.max(clock, last + 1), state };
    applyAwarenessUpdate(awareness, encodeStates([own]), null);
  }

  #refuse(error: unknown): void {
    if (this.isClosing) {
      return;
    }
    const refusal = error instanceof CloseError ? error : this.#explained(error);
    this.#services.metrics.refused.inc({ reason: refusal.kind });
    this.#log.info({ reason: refusal.message, code: refusal.code }, "editor refused");
    this.close(refusal);
  }

  #explained(error: unknown): CloseError {
    if (error instanceof UnavailableError) {
      this.#log.warn({ reason: error.message }, "cannot check an update now");
      return notSaved(DATABASE_UNAVAILABLE);
    }
    this.#log.error({ err: error }, "an editor failed");
    return new CloseError("unavailable", "the server failed; try again");
  }

  #closed(code: number, reason: string): void {
    clearInterval(this.#pings);
    this.#state = { kind: "closed" };
    this.#room.subscribers.delete(this);
    this.#client.handleClose({ code, reason });
    this.#forgetClient();
    this.#leave(code, reason);
  }

  /** Removes the editor's presence, unless it has returned on another connection. */
  #forgetClient(): void {
    const { clients, document } = this.#room;
    if (this.#clientId !== undefined && clients.get(this.#clientId) === this) {
      clients.delete(this.#clientId);
      removeAwarenessStates(document.awareness, [this.#clientId], null);
    }
  }
}
