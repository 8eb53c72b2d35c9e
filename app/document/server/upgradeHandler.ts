import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import type { Tables } from "../../common/database/tables.ts";
import { watchFrames, type FrameFault } from "../../common/server/frameWatch.ts";
import type { ServerContext } from "../../common/server/serverContext.ts";
import { UnavailableError } from "../../common/http/problem.ts";
import { EditorConnection } from "./editorConnection.ts";
import { CloseError, type CloseReason } from "../protocol/closeError.ts";
import { Room, type RoomServices } from "../room/room.ts";
import type { RoomRegistry } from "../room/roomRegistry.ts";
import { isDocumentId } from "./schemas.ts";

/** Bytes that a frame may have beyond the largest state. */
const FRAME_BYTES = 64 * 1024;

/** Time limit for a message, in seconds, as for a request: it may hold everything that was written offline. */
const MESSAGE_SECONDS = 300;

const FRAME_REFUSALS: Readonly<Record<FrameFault["kind"], CloseReason>> = {
  frames: "frames",
  time: "slow",
  rate: "rate",
  binary: "poisoned",
};

/** Accepts the WebSockets of editors at the URLs of their documents. */
export class UpgradeHandler {
  readonly #context: ServerContext;
  readonly #tables: Tables;
  readonly #rooms: RoomRegistry;
  readonly #services: RoomServices;
  readonly #sockets: WebSocketServer;
  readonly #editors = new Set<EditorConnection>();

  constructor(context: ServerContext, tables: Tables, rooms: RoomRegistry, services: RoomServices) {
    this.#context = context;
    this.#tables = tables;
    this.#rooms = rooms;
    this.#services = services;
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: services.limits.maxDocumentBytes + FRAME_BYTES,
    });
    const { replica } = context.options;
    this.#sockets.on("headers", (headers) => headers.push(`X-Replica: ${replica}`));
  }

  /** Number of editors that are connected. */
  get size(): number {
    return this.#editors.size;
  }

  /** The editors that a drain closes, as `AppServerOptions.sessions`. */
  sessions(): { close: () => void }[] {
    return [...this.#editors]
      .filter(({ isClosing }) => !isClosing)
      .map((editor) => ({
        close: () => editor.close(new CloseError("closing", "the replica is going away")),
      }));
  }

  /** Handles upgrades at documents' URLs, as `AppServerOptions.handleUpgrade`. */
  handle(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    const [, id = ""] = /^\/documents\/([^/?]+)(?:\?|$)/.exec(request.url ?? "") ?? [];
    if (!isDocumentId(id)) {
      return false;
    }
    socket.on("error", () => socket.destroy());
    void this.#enter(id, request, socket, head);
    return true;
  }

  async #enter(id: string, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (this.#context.origins.isForbidden(request)) {
      this.#refuseUpgrade(socket, 403, "origin");
      return;
    }
    const room = await this.#roomOf(id);
    if (room === undefined) {
      this.#refuseUpgrade(socket, 404, "unknown");
      return;
    }
    const leave = (): void => {
      if (room instanceof Room) {
        this.#rooms.release(id);
      }
    };
    if (socket.closed) {
      leave();
      return;
    }
    if (this.#context.lifecycle.isClosing) {
      leave();
      this.#refuseUpgrade(socket, 503, "closing");
      return;
    }
    // A handshake that fails closes the socket and calls nothing.
    socket.once("close", leave);
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      socket.off("close", leave);
      const entered = room instanceof CloseError ? room : (this.#refusalAt(room) ?? room);
      if (entered instanceof CloseError) {
        leave();
        this.#close(webSocket, entered);
      } else {
        this.#connect(webSocket, socket, entered, leave);
      }
    });
  }

  /** The room of a document, or why it cannot be opened now; undefined if there is no such document. */
  async #roomOf(id: string): Promise<Room | CloseError | undefined> {
    try {
      this.#tables.assertCreated();
      return await this.#rooms.acquire(id);
    } catch (error) {
      const { log } = this.#services;
      if (error instanceof UnavailableError) {
        log.warn({ document: id, reason: error.message }, "cannot open a document now");
      } else {
        log.error({ document: id, err: error }, "cannot open a document");
      }
      return new CloseError("unavailable", "the document cannot be opened now; try again");
    }
  }

  /** Why a room cannot be entered now. */
  #refusalAt({ subscribers, isRenewed }: Room): CloseError | undefined {
    if (isRenewed) {
      return new CloseError("unavailable", "the document is being reopened; try again");
    }
    const { maxConnections, maxConnectionsPerDocument } = this.#services.limits;
    if (this.#editors.size >= maxConnections) {
      return new CloseError("connections", `the replica already has ${maxConnections} connections`);
    }
    return subscribers.size >= maxConnectionsPerDocument
      ? new CloseError(
          "document-connections",
          `the document already has ${maxConnectionsPerDocument} connections`,
        )
      : undefined;
  }

  #connect(webSocket: WebSocket, socket: Duplex, room: Room, leave: () => void): void {
    const editor = new EditorConnection(webSocket, room, this.#services, leave);
    this.#editors.add(editor);
    webSocket.once("close", () => this.#editors.delete(editor));
    watchFrames(socket, {
      messageSeconds: MESSAGE_SECONDS,
      isBinaryAllowed: true,
      onFault: ({ kind, detail }) => {
        const refusal = new CloseError(FRAME_REFUSALS[kind], detail);
        this.#services.metrics.refused.inc({ reason: refusal.kind });
        editor.close(refusal);
      },
    });
  }

  #close(webSocket: WebSocket, refusal: CloseError): void {
    this.#services.metrics.refused.inc({ reason: refusal.kind });
    webSocket.on("error", () => webSocket.terminate());
    webSocket.close(refusal.code, refusal.message);
  }

  #refuseUpgrade(socket: Duplex, status: number, reason: string): void {
    this.#services.metrics.refused.inc({ reason });
    this.#context.refuse(socket, status);
  }
}
