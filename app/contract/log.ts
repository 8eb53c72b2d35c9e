import { fstatSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { pino, type Logger } from "pino";

export type { Logger } from "pino";

/** Log levels, from most to least verbose. */
export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Bytes that are kept for a slow reader; more are dropped. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

/** Milliseconds in which the last lines must be written before the process exits. */
const FLUSH_MS = 1000;

/** Writes log lines. A reader that hangs or exits neither blocks the server nor makes it exit. */
interface Sink {
  write(line: string): void;
  /** Resolves when everything is written, or after a second. */
  flush(): Promise<void>;
}

/**
 * A log of JSON lines.
 *
 * @param fd the file descriptor that lines go to: 1 in a container, 2 beside output for scripts
 * @param format what is written for a line. @default - the line itself
 */
export function createLog(
  fields: Record<string, unknown>,
  level: LogLevel,
  fd: 1 | 2,
  format = (line: string): string => line,
): { log: Logger; flush: () => Promise<void> } {
  const stat = fstatSync(fd);
  const sink = stat.isFIFO() || stat.isSocket() ? pipeSink(fd) : fileSink(fd);
  const timestamp = (): string => `,"time":"${new Date().toISOString()}"`;
  const formatted = { write: (line: string): void => sink.write(format(line)) };
  return { log: pino({ base: fields, level, timestamp }, formatted), flush: () => sink.flush() };
}

/** Writes to a pipe when it has room, without blocking. */
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

/** Writes each line to a file or terminal at once. A terminal may have been closed. */
function fileSink(fd: number): Sink {
  return {
    write(line) {
      try {
        writeSync(fd, line);
      } catch {
        // Nobody reads the log any more.
      }
    },
    flush: () => Promise.resolve(),
  };
}
