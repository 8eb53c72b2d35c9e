import type { SessionResult } from "./report.ts";

/** One of those that talk all the time: a SockJS session, an HTTP client, or the clients that ask about one key. */
export interface Talker {
  /** Whether somebody answers at the moment. */
  readonly isOpen: boolean;
  /** The replica that answers, or an empty text. */
  readonly replica: string;
  /** Messages or requests without an answer so far. */
  readonly waiting: number;
  /** Messages or requests that were answered. */
  readonly echoed: number;
  /** Milliseconds that each answer took. */
  readonly latencies: readonly number[];
  /** Says something, or asks for something; begins with it. */
  talk(): void;
  /** Drops the connection on purpose. */
  interrupt(): void;
  close(): void;
  result(): SessionResult;
}
