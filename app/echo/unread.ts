import type { Connection } from "sockjs";

/** Bytes, or characters, of a session's messages that its client has not read yet. */
export function unreadBytes({ _session: { recv, send_buffer: waiting = [] } }: Connection): number {
  const written = (recv?.connection ?? recv?.response)?.writableLength ?? 0;
  return waiting.reduce((sum, { length }) => sum + length, written);
}

/** Closes a session whose client does not read: it would not read that either. */
export function disconnect(session: Connection, status: number, reason: string): void {
  const { recv } = session._session;
  const socket = recv?.connection ?? recv?.response?.socket;
  session.close(status, reason);
  socket?.destroy();
}
