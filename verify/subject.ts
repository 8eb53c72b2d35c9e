import type { SessionResult } from "./report.ts";

/** What must stay on one replica: a SockJS session, an HTTP client, or all clients that request one key. */
export interface Subject {
  /** Whether the last message or request was answered. */
  readonly isOpen: boolean;
  /** The replica that answers; empty if there is none, or if the server does not name it. */
  readonly replica: string;
  /** Messages or requests without an answer so far. */
  readonly waiting: number;
  /** Messages or requests that were answered. */
  readonly echoed: number;
  /** Sends a message or a request; the first one opens the connection. */
  send(): void;
  /** Drops the connection, as a broken network would. */
  interrupt(): void;
  close(): void;
  result(): Omit<SessionResult, "run">;
}
