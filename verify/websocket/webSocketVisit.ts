import { randomUUID } from "node:crypto";
import { on } from "node:events";
import type { IncomingMessage } from "node:http";
import { WebSocket } from "ws";
import { Failure, wrongStatus } from "../failure.ts";
import { isInText, MAX_TEXT, replicaIn, type ReplicaPlace } from "../replicaPlace.ts";
import type { HttpClient } from "../visits/client.ts";
import { ANSWER_MS, inTime } from "../visits/limit.ts";
import type { HttpRequest } from "../visits/request.ts";
import { visitOf, type MakeVisit } from "../visits/visit.ts";

/** Maximum bytes of a message, of which 64 Ki characters are searched: thousands of visits may be under way at once. */
const MAX_PAYLOAD = 4 * MAX_TEXT;

/** Milliseconds for the server to close its side. */
const CLOSE_MS = 1000;

/**
 * Visits a WebSocket server: opens a connection, and closes it after the handshake, after the first message if that names
 * the replica, or after its own message has come back.
 *
 * @param isEcho whether to send a message, which the server must send back
 * @param answerMs milliseconds for a visit
 */
export function visitWebSocket(
  place: ReplicaPlace,
  isEcho: boolean,
  answerMs = ANSWER_MS,
): MakeVisit {
  return (client, request, signal) =>
    inTime(answerMs, signal, async (limit) => {
      const cookie = client.cookieFor(request.url);
      const socket = new WebSocket(request.url, optionsFor(client, request));
      const messages = on(socket, "message", { close: ["close"] });
      const terminate = (): void => socket.terminate();
      limit.signal.addEventListener("abort", terminate);
      try {
        const { headers, statusCode = 0 } = await handshakeOf(socket);
        client.keep(headers, request.url);
        if (statusCode !== 101 && statusCode < 500) {
          throw wrongStatus(
            { status: statusCode, location: headers.location },
            (status) => `it was answered ${status}, not with an upgrade`,
          );
        }
        let text = "";
        if (statusCode === 101 && (isEcho || isInText(place))) {
          limit.late.words = isEcho ? "the message was not sent back" : "no message came";
          text = await firstOf(messages, isEcho ? sendTo(socket) : "");
        }
        return visitOf(statusCode, headers, replicaIn(place, { headers, cookie, text }));
      } finally {
        // A server could send more than there is memory.
        void messages.return?.();
        socket.on("error", () => undefined).close();
        setTimeout(terminate, CLOSE_MS).unref();
      }
    });
}

function optionsFor(client: HttpClient, request: HttpRequest) {
  return {
    headers: client.headersFor(request),
    perMessageDeflate: false,
    maxPayload: MAX_PAYLOAD,
    createConnection: client.connector.connectionTo(request.url),
  };
}

/** The response to the handshake, once the connection is open or rejected. */
function handshakeOf(socket: WebSocket): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    socket.once("upgrade", (response) => socket.once("open", () => resolve(response)));
    socket.once("unexpected-response", (_request, response) => {
      response.resume();
      resolve(response);
    });
    socket.once("error", reject);
    socket.once("close", () =>
      reject(new Failure("the connection was closed before the handshake was answered")),
    );
  });
}

/** Sends a message that no other connection sends. */
function sendTo(socket: WebSocket): string {
  const message = randomUUID();
  socket.send(message);
  return message;
}

/** Reads messages until one has this text. Returns the beginning of the first. */
async function firstOf(messages: AsyncIterable<unknown[]>, text: string): Promise<string> {
  let first: string | undefined;
  for await (const [data] of messages) {
    const message = String(data);
    first ??= message.slice(0, MAX_TEXT);
    if (message.includes(text)) {
      return first;
    }
  }
  const lacking = text === "" ? "a message" : "its message was sent back";
  throw new Failure(`the connection was closed before ${lacking}`);
}
