import type { IncomingMessage, Server } from "node:http";

/** Characters of a host and a port (https://www.rfc-editor.org/rfc/rfc3986#section-3.2). */
const AUTHORITY = /^[\w.~!$&'()*+,;=%:[\]-]+$/;

/** Whether a request has a valid Host header; HTTP/1.0 may omit it (https://www.rfc-editor.org/rfc/rfc9112#section-3.2). */
export function hasValidHost({ httpVersion, rawHeaders }: IncomingMessage): boolean {
  const hosts = rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === "host",
  );
  const [host] = hosts;
  if (host === undefined) {
    return httpVersion === "1.0";
  }
  return hosts.length === 1 && AUTHORITY.test(host) && URL.parse(`http://${host}`) !== null;
}

/**
 * Makes a server answer clients that half-close their connection after a request, as scripts do.
 *
 * @param silenceMs idle timeout of such a connection, in milliseconds: a client that has disconnected looks the same
 */
export function answerHalfClosed(server: Server, silenceMs: number): void {
  // Undocumented but long-standing; the default silently drops the request.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on("connection", (socket) => {
    socket.once("end", () => socket.setTimeout(silenceMs));
  });
}
