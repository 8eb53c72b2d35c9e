import { fstatSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { pino, type Logger } from "pino";

export type { Logger } from "pino";

/** Levels of a log, most to least. */
export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Bytes kept for a reader that is slow; what is more is dropped rather than held in memory. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

/** How long the last lines may take at the end, in milliseconds. */
const FLUSH_MS = 1000;

/** Where lines go. A reader that hangs, or has gone, neither stops nor ends the server. */
interface Sink {
  write(line: string): void;
  /** Resolves when all is written, or after a second. */
  flush(): Promise<void>;
}

/**
 * A log of JSON lines.
 *
 * @param fd the file descriptor that lines go to: 1 in a container, 2 beside output for scripts
 */
export function createLog(
  fields: Record<string, unknown>,
  level: LogLevel,
  fd: 1 | 2,
): { log: Logger; flush: () => Promise<void> } {
  const stat = fstatSync(fd);
  const sink = stat.isFIFO() || stat.isSocket() ? pipeSink(fd) : fileSink(fd);
  const timestamp = (): string => `,"time":"${new Date().toISOString()}"`;
  return { log: pino({ base: fields, level, timestamp }, sink), flush: () => sink.flush() };
}

/** A pipe may be full: it is written when there is room, and never waited for. */
function pipeSink(fd: number): Sink {
  const pipe = new Socket({ fd, readable: false, writable: true });
  pipe.on("error", () => pipe.destroy());
  pipe.unref();
  return {
    write(line) {
      if (pipe.writable && pipe.writableLength < MAX_BUFFERED_BYTES) {
        pipe.write(line);
      }
    },
    flush: () =>
      new Promise((resolve) => {
        setTimeout(resolve, pipe.writable && pipe.writableLength > 0 ? FLUSH_MS : 0);
        pipe.once("drain", resolve);
      }),
  };
}

/** A file or a terminal takes each line at once; a terminal may have been closed. */
function fileSink(fd: number): Sink {
  return {
    write(line) {
      try {
        writeSync(fd, line);
      } catch {
        // There is nobody left to tell.
      }
    },
    flush: () => Promise.resolve(),
  };
}
