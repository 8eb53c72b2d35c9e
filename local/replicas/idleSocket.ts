import type { Socket } from "node:net";

/** How often a socket is checked within its idle timeout. */
const CHECKS = 50;

/**
 * Closes a socket that carries no bytes in either direction, as a load balancer does. Unlike the socket's own timeout, this one
 * is not replaced by an app that sets another.
 */
export function closeWhenIdle(socket: Socket, idleMs: number): void {
  let bytes = 0;
  let idleChecks = 0;
  const timer = setInterval(() => {
    const before = bytes;
    bytes = socket.bytesRead + socket.bytesWritten;
    idleChecks = bytes === before ? idleChecks + 1 : 0;
    if (idleChecks === CHECKS) {
      socket.destroy();
    }
  }, idleMs / CHECKS);
  socket.once("close", () => clearInterval(timer));
}
