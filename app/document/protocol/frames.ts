import { MessageType } from "@hocuspocus/server";
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { messageYjsSyncStep1, messageYjsSyncStep2, messageYjsUpdate } from "y-protocols/sync";
import * as Y from "yjs";
import { readStates, type ClientState } from "./awareness.ts";
import { MAX_CLIENT } from "../content/updateReader.ts";
import { MAX_CLIENTS } from "../limits.ts";
import { CloseError } from "./closeError.ts";

/** Bytes of an editor's presence: name, hue and cursor. */
const MAX_PRESENCE_BYTES = 16 * 1024;

/** Levels of nesting in a presence. */
const MAX_PRESENCE_DEPTH = 20;

/** Highest clock of a presence: the next clocks must still be exact integers. */
const MAX_PRESENCE_CLOCK = 2 ** 40;

/** Clients in an editor's state vector beyond those that a document may have. */
const MAX_NEW_CLIENTS = 100;

/** Type of the authentication message that an editor sends. */
const TOKEN = 0;

/** A frame that an editor has sent. */
export type Frame =
  /** The first frame of a connection. */
  | { kind: "auth" }
  /** Requests what is not in the state vector. */
  | { kind: "syncRequest"; vector: Uint8Array }
  /** A change; merged, all changes that the server lacks. */
  | { kind: "update"; update: Uint8Array; isMerge: boolean }
  | { kind: "presence"; own: ClientState }
  | { kind: "close" }
  /** Shows that the editor is alive, and nothing else. */
  | { kind: "keepAlive" };

/**
 * Reads a frame of Hocuspocus' protocol (https://tiptap.dev/docs/hocuspocus).
 *
 * @throws CloseError when it cannot be read, or is about another document
 */
export function readFrame(data: Uint8Array, documentId: string): Frame {
  // A pong names no document.
  if (data.length === 1 && data[0] === MessageType.Pong) {
    return { kind: "keepAlive" };
  }
  try {
    const decoder = decoding.createDecoder(data);
    if (decoding.readVarString(decoder) !== documentId) {
      throw unreadable("it is about another document");
    }
    return readContent(decoder);
  } catch (error) {
    throw error instanceof CloseError ? error : unreadable("it cannot be read");
  }
}

/** A change, as it is sent to editors. */
export function updateFrame(documentId: string, update: Uint8Array): Uint8Array {
  return syncFrame(documentId, messageYjsUpdate, update);
}

/** The response to a sync request: what the editor lacks. */
export function syncResponseFrame(documentId: string, update: Uint8Array): Uint8Array {
  return syncFrame(documentId, messageYjsSyncStep2, update);
}

/** Requests what an editor has beyond a state vector. */
export function syncRequestFrame(documentId: string, vector: Uint8Array): Uint8Array {
  return syncFrame(documentId, messageYjsSyncStep1, vector);
}

function syncFrame(documentId: string, type: number, content: Uint8Array): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarString(encoder, documentId);
  encoding.writeVarUint(encoder, MessageType.Sync);
  encoding.writeVarUint(encoder, type);
  encoding.writeVarUint8Array(encoder, content);
  return encoding.toUint8Array(encoder);
}

/** Readers of frames, by message type. */
const READERS = new Map<number, (decoder: decoding.Decoder) => Frame>([
  [MessageType.Auth, readAuth],
  [MessageType.Sync, readSync],
  [MessageType.Awareness, (decoder) => readPresence(decoding.readVarUint8Array(decoder))],
  [MessageType.QueryAwareness, () => ({ kind: "keepAlive" })],
  [MessageType.CLOSE, () => ({ kind: "close" })],
]);

function readContent(decoder: decoding.Decoder): Frame {
  const read = READERS.get(decoding.readVarUint(decoder));
  if (read === undefined) {
    throw unknownKind();
  }
  return read(decoder);
}

/** A token, which is ignored, and optionally the version of the client. */
function readAuth(decoder: decoding.Decoder): Frame {
  if (decoding.readVarUint(decoder) !== TOKEN) {
    throw unknownKind();
  }
  decoding.readVarString(decoder);
  if (decoding.hasContent(decoder)) {
    decoding.readVarString(decoder);
  }
  return { kind: "auth" };
}

function readSync(decoder: decoding.Decoder): Frame {
  const type = decoding.readVarUint(decoder);
  const content = decoding.readVarUint8Array(decoder);
  switch (type) {
    case messageYjsSyncStep1:
      return { kind: "syncRequest", vector: readVector(content) };
    case messageYjsSyncStep2:
    case messageYjsUpdate:
      // A copy, as it is kept longer than the frame.
      return { kind: "update", update: content.slice(), isMerge: type === messageYjsSyncStep2 };
    default:
      throw unknownKind();
  }
}

/** A state vector has no more clients than a document may have, and those that have just arrived. */
function readVector(content: Uint8Array): Uint8Array {
  const count = decoding.readVarUint(decoding.createDecoder(content));
  if (count > MAX_CLIENTS + MAX_NEW_CLIENTS) {
    throw unreadable(`it has ${count} clients; the limit is ${MAX_CLIENTS + MAX_NEW_CLIENTS}`);
  }
  Y.decodeStateVector(content);
  // A copy, as it is kept longer than the frame.
  return content.slice();
}

/** An editor sends its own state. It may also report others as gone, which is ignored: the server tracks that. */
function readPresence(content: Uint8Array): Frame {
  if (content.byteLength > MAX_PRESENCE_BYTES) {
    throw unreadable(
      `presence has ${content.byteLength} bytes; the limit is ${MAX_PRESENCE_BYTES}`,
    );
  }
  const [own, ...more] = readStates(content).filter(({ state }) => isPresent(state));
  if (more.length > 0) {
    throw unreadable("it contains the presence of several clients");
  }
  if (own !== undefined && own.clientId > MAX_CLIENT) {
    throw unreadable("it contains the presence of an invalid client");
  }
  if (own !== undefined && own.clock > MAX_PRESENCE_CLOCK) {
    throw unreadable(`the clock of the presence is above ${MAX_PRESENCE_CLOCK}`);
  }
  return own === undefined ? { kind: "keepAlive" } : { kind: "presence", own };
}

function isPresent(json: string): boolean {
  if (json === "null") {
    return false;
  }
  const state: unknown = JSON.parse(json);
  if (typeof state !== "object" || isDeeperThan(MAX_PRESENCE_DEPTH, state)) {
    throw unreadable(`presence must be an object of at most ${MAX_PRESENCE_DEPTH} levels`);
  }
  return state !== null;
}

/** Whether a value has more levels than `depth`. */
function isDeeperThan(depth: number, value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    (depth === 0 || Object.values(value).some((each) => isDeeperThan(depth - 1, each)))
  );
}

function unknownKind(): CloseError {
  return unreadable("it is of a kind that editors do not send");
}

function unreadable(why: string): CloseError {
  return new CloseError("poisoned", `a message was rejected: ${why}`);
}
