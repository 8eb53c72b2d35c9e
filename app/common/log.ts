import { destination, pino, type Logger } from "pino";

export type { Logger } from "pino";

/** Levels of a log, most to least. */
export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Bytes kept for a reader that does not read; what is more is dropped rather than held in memory. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

/**
 * A log of JSON lines. It is written asynchronously: a full pipe never stops the server.
 *
 * @param fd the file descriptor that lines go to: 1 in a container, 2 beside output for scripts
 */
export function createLog(fields: Record<string, unknown>, level: LogLevel, fd: 1 | 2): Logger {
  const out = destination({ dest: fd, sync: false, minLength: 1, maxLength: MAX_BUFFERED_BYTES });
  return pino(
    { base: fields, level, timestamp: () => `,"time":"${new Date().toISOString()}"` },
    out,
  );
}
