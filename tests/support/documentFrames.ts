import { MessageType } from "@hocuspocus/server";
import * as encoding from "lib0/encoding";
import { messageYjsSyncStep1, messageYjsSyncStep2, messageYjsUpdate } from "y-protocols/sync";
import { WebSocket, type ClientOptions } from "ws";
import { waitFor } from "../drivers/waitFor.ts";

/** What a frame says, without whom it is about. */
type Write = (encoder: encoding.Encoder) => void;

/** A frame about a document. */
export function frame(id: string, type: number, write: Write = () => undefined): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarString(encoder, id);
  encoding.writeVarUint(encoder, type);
  write(encoder);
  return encoding.toUint8Array(encoder);
}

/** The first frame of a connection. */
export function hello(id: string): Uint8Array {
  return frame(id, MessageType.Auth, (encoder) => {
    encoding.writeVarUint(encoder, 0);
    encoding.writeVarString(encoder, "");
    encoding.writeVarString(encoder, "4.8.0");
  });
}

function sync(id: string, type: number, content: Uint8Array): Uint8Array {
  return frame(id, MessageType.Sync, (encoder) => {
    encoding.writeVarUint(encoder, type);
    encoding.writeVarUint8Array(encoder, content);
  });
}

export const questionFrame = (id: string, stateVector: Uint8Array): Uint8Array =>
  sync(id, messageYjsSyncStep1, stateVector);

export const updateFrame = (id: string, update: Uint8Array): Uint8Array =>
  sync(id, messageYjsUpdate, update);

export const mergeFrame = (id: string, update: Uint8Array): Uint8Array =>
  sync(id, messageYjsSyncStep2, update);

/** Presence of clients, each with a state as JSON. */
export function presenceFrame(id: string, states: Record<number, string>, clock = 1): Uint8Array {
  const content = bytes((encoder) => {
    const entries = Object.entries(states);
    encoding.writeVarUint(encoder, entries.length);
    for (const [client, state] of entries) {
      encoding.writeVarUint(encoder, Number(client));
      encoding.writeVarUint(encoder, clock);
      encoding.writeVarString(encoder, state);
    }
  });
  return frame(id, MessageType.Awareness, (encoder) =>
    encoding.writeVarUint8Array(encoder, content),
  );
}

export function bytes(write: Write): Uint8Array {
  const encoder = encoding.createEncoder();
  write(encoder);
  return encoding.toUint8Array(encoder);
}

/** A connection of which every byte is the test's own. */
export interface RawEditor {
  socket: WebSocket;
  received: Buffer[];
  /** Status and reason; set when it is closed. */
  closed: { code: number; reason: string } | undefined;
  /** HTTP status and headers, of the upgrade or of what came instead. */
  answer: { status: number; headers: NodeJS.Dict<string | string[]> } | undefined;
}

/** How many updates were confirmed on a connection. */
export function confirmations({ received }: RawEditor, id: string): number {
  // The id, its length before it, and then the kind of message.
  return received.filter((data) => data[id.length + 1] === MessageType.SyncStatus).length;
}

const running = new Set<WebSocket>();

/** Opens a connection, or gets an answer instead. */
export async function openRaw(
  origin: string,
  id: string,
  options: ClientOptions = {},
): Promise<RawEditor> {
  const socket = new WebSocket(`${origin.replace("http", "ws")}/documents/${id}`, options);
  running.add(socket);
  const raw: RawEditor = { socket, received: [], closed: undefined, answer: undefined };
  socket.on("upgrade", ({ statusCode = 0, headers }) => {
    raw.answer = { status: statusCode, headers };
  });
  socket.on("unexpected-response", (request, { statusCode = 0, headers }) => {
    raw.answer = { status: statusCode, headers };
    request.destroy();
  });
  socket.on("message", (data: Buffer) => raw.received.push(data));
  socket.on("error", () => undefined);
  socket.on("close", (code, reason) => (raw.closed = { code, reason: reason.toString() }));
  await waitFor("the upgrade is answered", () => {
    const isRefused = raw.answer !== undefined && raw.answer.status !== 101;
    return isRefused || socket.readyState !== WebSocket.CONNECTING;
  });
  return raw;
}

/** Opens a connection and says these frames; how it is closed. */
export async function refusalOf(
  origin: string,
  id: string,
  frames: readonly (Uint8Array | string)[],
): Promise<{ code: number; reason: string } | undefined> {
  const raw = await openRaw(origin, id);
  frames.forEach((each) => raw.socket.send(each));
  await waitFor("it is closed", () => raw.closed !== undefined);
  return raw.closed;
}

/** Ends what a test has opened. */
export function endRaw(): void {
  running.forEach((socket) => socket.terminate());
  running.clear();
}
