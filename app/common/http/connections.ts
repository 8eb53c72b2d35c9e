import type { IncomingMessage, Server } from "node:http";

/** Characters of a host and a port (https://www.rfc-editor.org/rfc/rfc3986#section-3.2). */
const AUTHORITY = /^[\w.~!$&'()*+,;=%:[\]-]+$/;

/** Whether a request says in one header, and well, which host it is for (https://www.rfc-editor.org/rfc/rfc9112#section-3.2). */
export function namesHost({ httpVersion, rawHeaders }: IncomingMessage): boolean {
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
 * Has a server answer a client that has ended its side of the connection, as clients in scripts do.
 *
 * @param silenceMs longest silence on such a connection, in milliseconds: a client that has gone looks the same
 */
export function answerHalfClosed(server: Server, silenceMs: number): void {
  // Not documented, but as old as the default, which drops the request without a word.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on("connection", (socket) => {
    socket.once("end", () => socket.setTimeout(silenceMs));
  });
}
