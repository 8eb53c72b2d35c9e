import type { Duplex } from "node:stream";
import { RateLimit } from "../http/rateLimit.ts";

/** Most frames of a message: browsers send a message in one, and a large one in some hundred. */
const MAX_FRAMES = 1024;

/** Control frames per second, with a burst of two seconds' worth: clients answer pings, and few send their own. */
const MAX_CONTROL_FRAMES_PER_SECOND = 20;

/** Delay before the connection ends after a fault, in milliseconds, so that the client can read the close frame. */
const LINGER_MS = 1000;

/** Parts of a frame's header (https://www.rfc-editor.org/rfc/rfc6455#section-5.2). */
const FIN = 0x80;
const OPCODE = 0x0f;
const CONTROL = 0x08;
const BINARY = 0x02;
const MASK = 0x80;
const LENGTH = 0x7f;

/** Bytes of a header without its mask, by the length in its second byte. */
const HEADER_BYTES: Readonly<Record<number, number>> = { 126: 4, 127: 10 };
const MASK_BYTES = 4;
const MAX_HEADER_BYTES = 14;

export interface FrameWatchOptions {
  /** Time limit from a message's first byte to its last, in seconds. */
  messageSeconds: number;
  /** Whether messages may be binary. */
  isBinaryAllowed: boolean;
  /** Called once, to close the WebSocket with a status. */
  onFault: (fault: FrameFault) => void;
}

/** A fault in a client's frames. */
export interface FrameFault {
  kind: "frames" | "time" | "rate" | "binary";
  detail: string;
}

/**
 * Watches the frames of a WebSocket until it closes.
 *
 * @param head bytes that arrived with the handshake, if the library gets them apart from the socket
 */
export function watchFrames(socket: Duplex, options: FrameWatchOptions, head?: Buffer): void {
  new FrameWatch(socket, options, head);
}

/**
 * Counts the frames that a WebSocket's client sends. Libraries limit the bytes of a message, but keep an object for each
 * of its frames, however empty, and wait for the last one without a time limit. After a fault, further bytes are dropped,
 * and the connection ends a second later.
 */
class FrameWatch {
  readonly #socket: Duplex;
  readonly #options: FrameWatchOptions;
  readonly #controlFrames = new RateLimit(MAX_CONTROL_FRAMES_PER_SECOND);
  readonly #header = Buffer.alloc(MAX_HEADER_BYTES);
  /** Bytes of the header that were received, and bytes of the payload that are missing. */
  #headerBytes = 0;
  #payloadBytes = 0;
  /** Frames of the current message. */
  #frames = 0;
  #messages = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(socket: Duplex, options: FrameWatchOptions, head: Buffer = Buffer.alloc(0)) {
    this.#socket = socket;
    this.#options = options;
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.once("close", () => clearTimeout(this.#timer));
    this.#read(head);
  }

  #read(chunk: Buffer): void {
    const before = this.#messages;
    let at = 0;
    while (at < chunk.length && !this.#isOver) {
      if (this.#headerBytes < this.#headerLength()) {
        this.#header.writeUInt8(chunk.readUInt8(at), this.#headerBytes);
        this.#headerBytes += 1;
        at += 1;
        if (this.#headerBytes === this.#headerLength()) {
          this.#begin();
        }
      } else {
        const bytes = Math.min(this.#payloadBytes, chunk.length - at);
        this.#payloadBytes -= bytes;
        at += bytes;
      }
      if (this.#headerBytes === this.#headerLength() && this.#payloadBytes === 0) {
        this.#end();
      }
    }
    this.#time(this.#messages > before);
  }

  /** Length of the header, as far as it is known: its first two bytes determine the rest. */
  #headerLength(): number {
    if (this.#headerBytes < 2) {
      return 2;
    }
    const second = this.#header.readUInt8(1);
    const mask = (second & MASK) === 0 ? 0 : MASK_BYTES;
    return (HEADER_BYTES[second & LENGTH] ?? 2) + mask;
  }

  /** Called when the header of a frame is complete. */
  #begin(): void {
    const [first, second] = this.#header;
    const opcode = (first ?? 0) & OPCODE;
    const length = (second ?? 0) & LENGTH;
    this.#payloadBytes =
      length === 127
        ? Number(this.#header.readBigUInt64BE(2))
        : length === 126
          ? this.#header.readUInt16BE(2)
          : length;
    if ((opcode & CONTROL) !== 0) {
      if (!this.#controlFrames.take()) {
        const detail = `more than ${MAX_CONTROL_FRAMES_PER_SECOND} pings a second`;
        this.#fail({ kind: "rate", detail });
      }
      return;
    }
    this.#frames += 1;
    if (opcode === BINARY && !this.#options.isBinaryAllowed) {
      this.#fail({ kind: "binary", detail: "a message is binary; it must be text" });
    } else if (this.#frames > MAX_FRAMES) {
      this.#fail({ kind: "frames", detail: `a message has more than ${MAX_FRAMES} frames` });
    }
  }

  /** Called when a frame is complete. */
  #end(): void {
    const first = this.#header.readUInt8(0);
    if ((first & CONTROL) === 0 && (first & FIN) !== 0) {
      this.#frames = 0;
      this.#messages += 1;
    }
    this.#headerBytes = 0;
  }

  /** Restarts the timer with each message, and stops it between two. */
  #time(hasEnded: boolean): void {
    if (this.#isOver) {
      return;
    }
    const isWaiting = this.#frames > 0 || this.#headerBytes > 0;
    if (hasEnded || !isWaiting) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
    if (isWaiting) {
      const { messageSeconds } = this.#options;
      this.#timer ??= setTimeout(() => {
        this.#fail({ kind: "time", detail: `a message takes more than ${messageSeconds} s` });
      }, messageSeconds * 1000);
    }
  }

  #fail(fault: FrameFault): void {
    this.#isOver = true;
    this.#socket.removeAllListeners("data").resume();
    this.#timer = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    this.#options.onFault(fault);
  }
}
