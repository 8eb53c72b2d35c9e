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
import { answerFrame, askFrame, changeFrame, readFrame, type Frame } from "../protocol/frames.ts";
import { UpdateQueue } from "./updateQueue.ts";
import { CloseError } from "../protocol/closeError.ts";
import type { Subscriber, Room, RoomServices } from "../room/room.ts";
import { notSaved, UNUSABLE } from "../storage/updateWriter.ts";

/** How often an editor is asked whether it lives, in milliseconds: load balancers end what is silent for a minute. */
const PING_MS = 20_000;

/** Questions a second, and answers to ours: each may be about the whole document. */
const QUESTIONS_PER_SECOND = 4;

/** Documents' states that may wait for a reader that is slow. */
const MAX_UNREAD_STATES = 4;

/** The connection of one editor to one document. */
export class EditorConnection implements Subscriber {
  readonly #socket: WebSocket;
  readonly #room: Room;
  readonly #services: RoomServices;
  readonly #log: Logger;
  /** The socket as Hocuspocus gets it. */
  readonly #guarded: WebSocketLike;
  readonly #client: ReturnType<Hocuspocus["handleConnection"]>;
  readonly #onGone: () => void;
  readonly #updates: RateLimit;
  readonly #others: RateLimit;
  readonly #pings: NodeJS.Timeout;
  #hasGreeted = false;
  #clientId: number | undefined;

  readonly #queue: UpdateQueue;

  /** What is shown after the answer that is being given; none while there is nothing to answer. */
  #unshown: Uint8Array[] | undefined;

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
    this.#queue = new UpdateQueue(room, limits, {
      onSaved: () => this.#confirm(),
      onFailed: (error) => this.#refuse(error),
      // What it sends now stays on its side.
      onBusy: (isBusy) => this.#pause(isBusy),
      onIdle: () => this.#closeIfSaved(),
    });
    room.subscribers.add(this);
    const request = new Request(`http://localhost/documents/${room.id}`);
    this.#guarded = this.#guardedSocket();
    this.#client = hocuspocus.handleConnection(this.#guarded, request);
    this.#pings = setInterval(() => this.#ping(), PING_MS);
    socket.on("message", (data: Buffer, isBinary) => this.#received(data, isBinary));
    socket.on("error", ({ message }) => this.#log.info({ reason: message }, "connection failed"));
    socket.once("close", (code, reason) => this.#closed(code, reason.toString()));
  }

  /** Whether it was told to leave. */
  get isClosing(): boolean {
    return this.#goodbye !== undefined;
  }

  /** Closes the connection as soon as everything that came by it is saved; what comes now is not taken. */
  close({ code, message }: CloseError): void {
    this.#leave(code, message);
  }

  /** Sends what the document has got. */
  send(update: Uint8Array): void {
    if (this.#unshown !== undefined) {
      this.#unshown.push(update);
    } else if (this.#hasGreeted) {
      this.#send(changeFrame(this.#room.id, update));
    }
    this.#queue.retryPending();
  }

  #leave(code: number, reason: string): void {
    this.#goodbye ??= { code, reason };
    this.#queue.close();
    this.#closeIfSaved();
  }

  #closeIfSaved(): void {
    if (!this.#queue.isIdle) {
      return;
    }
    if (this.#isClosed) {
      this.#onGone();
    } else if (this.#goodbye !== undefined) {
      this.#socket.close(this.#goodbye.code, this.#goodbye.reason);
    }
  }

  #received(data: Buffer, isBinary: boolean): void {
    if (this.isClosing) {
      return;
    }
    try {
      if (!isBinary) {
        throw new CloseError("poisoned", "a message was refused: it is text");
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
      case "hello":
        this.#client.handleMessage(data);
        break;
      case "question":
        void this.#answer(frame.vector);
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
      throw new CloseError("poisoned", "the first message, and no other, has to be the greeting");
    }
    this.#hasGreeted ||= kind === "hello";
  }

  #assertRate(frame: Frame): void {
    const limit = this.#services.limits.maxUpdatesPerSecond;
    const isUpdate = frame.kind === "update" && !frame.isMerge;
    const isRare = frame.kind === "question" || frame.kind === "update";
    const isTaken = isUpdate
      ? this.#updates.take()
      : this.#others.take(isRare ? limit / QUESTIONS_PER_SECOND : 1);
    if (!isTaken) {
      throw new CloseError("rate", `more than ${limit} messages a second`);
    }
  }

  /** Sends what the editor lacks, and asks for what only it has. Updates that come meanwhile are sent afterwards. */
  async #answer(vector: Uint8Array): Promise<void> {
    const { id, content } = this.#room;
    const isFirst = this.#unshown === undefined;
    this.#unshown ??= [];
    try {
      await content.settled();
      content.past.assertNothingUnsent(vector, content.doc);
      this.#send(answerFrame(id, await content.encode(vector)));
      this.#send(askFrame(id, await content.vector()));
    } catch (error) {
      this.#refuse(error);
    }
    if (isFirst) {
      const unshown = this.#unshown;
      this.#unshown = undefined;
      unshown.forEach((update) => this.#send(changeFrame(id, update)));
    }
  }

  #ping(): void {
    this.#socket.send(Uint8Array.of(MessageType.Ping));
    // While nothing is read from it, its answers are not, either: Hocuspocus would end it as one that is silent.
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

  /** Tells the editor that an update is saved. */
  #confirm(): void {
    this.#send(new OutgoingMessage(this.#room.id).writeSyncStatus(true).toUint8Array());
  }

  #send(frame: Uint8Array): void {
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#guarded.send(frame);
    }
  }

  /** An editor is one client; it may have been that on a connection that is not closed yet. */
  #takePresence({ clientId, clock, state }: ClientState): void {
    this.#clientId ??= clientId;
    if (this.#clientId !== clientId) {
      throw new CloseError("poisoned", "a message was refused: presence is that of another client");
    }
    const { awareness } = this.#room.document;
    // Who comes back tells what it told last, by a clock that nobody would take a second time.
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
      return notSaved(UNUSABLE);
    }
    this.#log.error({ err: error }, "an editor failed");
    return new CloseError("unavailable", "the server failed; try again");
  }

  #closed(code: number, reason: string): void {
    clearInterval(this.#pings);
    this.#isClosed = true;
    this.#room.subscribers.delete(this);
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
          this.#refuse(new CloseError("slow", "the connection is too slow for this document"));
          socket.terminate();
        }
      },
      close: (code = 1000, reason = "") => this.#leave(code, reason),
    };
  }
}
