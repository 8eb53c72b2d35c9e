import type { ChildProcess } from "node:child_process";
import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { prettyFactory } from "pino-pretty";

/** Formats a log line for people where stderr is a terminal; undefined elsewhere, where log lines stay JSON. */
export const formatLine = process.stderr.isTTY
  ? prettyFactory({
      colorize: process.stderr.hasColors(),
      singleLine: true,
      translateTime: "SYS:HH:MM:ss.l",
      // A terminal shows one front.
      ignore: "front",
    })
  : undefined;

/** Where a replica writes: into pipes that {@link relayOutput} reads, or directly to stderr where its lines stay JSON. */
export const REPLICA_OUTPUT = formatLine === undefined ? 2 : "pipe";

/** Formats what a replica writes into pipes, which do not exist if it could not be started. */
export function relayOutput({ stdout, stderr }: ChildProcess): void {
  for (const input of [stdout, stderr].filter((output) => output instanceof Readable)) {
    createInterface({ input }).on("line", (line) => write(formatLine?.(line) ?? `${line}\n`));
  }
}

/** Shows a person what the run waits for; scripts read the log instead. */
export function showProgress(line: string): void {
  if (process.stderr.isTTY) {
    write(`${line}\n`);
  }
}

function write(text: string): void {
  try {
    writeSync(process.stderr.fd, text);
  } catch {
    // The terminal was closed.
  }
}
