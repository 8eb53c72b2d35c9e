import type { WebSocketLike } from "@hocuspocus/server";
import type { WebSocket } from "ws";

interface BoundedSocketOptions {
  /** Bytes that may wait to be sent. */
  maxUnsentBytes: number;
  /** Called when more wait, before the connection is terminated. */
  onSlow: () => void;
  /** Closes the connection in its user's stead. */
  close: (code: number, reason: string) => void;
}

/** A socket that ends the connection of a client that does not read, instead of buffering what others write. */
export function boundedSocket(
  socket: WebSocket,
  { maxUnsentBytes, onSlow, close }: BoundedSocketOptions,
): WebSocketLike {
  return {
    get readyState() {
      return socket.readyState;
    },
    send: (data: Uint8Array) => {
      socket.send(data);
      if (socket.bufferedAmount > maxUnsentBytes) {
        onSlow();
        socket.terminate();
      }
    },
    close: (code = 1000, reason = "") => close(code, reason),
  };
}
