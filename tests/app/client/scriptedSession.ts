import {
  ResumingClient,
  type ClientEvent,
  type ResumingClientOptions,
  type SessionLike,
} from "../../../app/client/resumingClient.ts";

/** A session whose server is the test. */
class ScriptedSession implements SessionLike {
  transport = "scripted";
  readonly sent: string[] = [];
  isClosed = false;
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onheartbeat: ((event: never) => void) | null = null;

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.isClosed = true;
  }

  opens(): void {
    this.onopen?.({} as never);
  }

  /** What was sent as the n-th, counted from 0. */
  text(index: number): string {
    return this.sent[index] ?? "";
  }

  echoes(...texts: string[]): void {
    texts.forEach((text) =>
      this.onmessage?.({ data: `2026-11-23T00:00:00Z(x2k9p): ${text}` } as never),
    );
  }

  ends(code = 1006, reason = "lost"): void {
    this.onclose?.({ code, reason } as never);
  }
}

/** A client that has begun to connect, and its sessions. */
export function startScripted(options: Partial<ResumingClientOptions> = {}) {
  const sessions: ScriptedSession[] = [];
  const events: ClientEvent[] = [];
  const connect = (): SessionLike => {
    const session = new ScriptedSession();
    sessions.push(session);
    return session;
  };
  const client = new ResumingClient({
    connect,
    onEvent: (event) => events.push(event),
    ...options,
  });
  client.connect();
  const current = (): ScriptedSession => sessions.at(-1) ?? new ScriptedSession();
  return { client, sessions, events, current };
}
