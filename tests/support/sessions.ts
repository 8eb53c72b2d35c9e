import { SockjsSession, type SessionOptions } from "../../verify/sockjs/session.ts";

/** What a session has told, in order. */
export interface Told {
  session: SockjsSession;
  messages: string[];
  /** Set when the session is over. */
  closed: { code: number; reason: string } | undefined;
  opened: Promise<void>;
  ended: Promise<void>;
}

/** Opens a session and keeps what it tells. */
export function openSession(options: SessionOptions): Told {
  const session = new SockjsSession(options);
  const opened = Promise.withResolvers<undefined>();
  const ended = Promise.withResolvers<undefined>();
  const told: Told = {
    session,
    messages: [],
    closed: undefined,
    opened: opened.promise,
    ended: ended.promise,
  };
  session.onopen = () => opened.resolve(undefined);
  session.onmessage = ({ data }) => told.messages.push(data);
  session.onclose = (closed) => {
    told.closed = closed;
    ended.resolve(undefined);
  };
  return told;
}

/** Opens a session, says something and gives the answer. */
export async function echoOnce(options: SessionOptions, text = "hello"): Promise<string> {
  const told = openSession(options);
  const answer = new Promise<string>((resolve, reject) => {
    told.session.onmessage = ({ data }) => resolve(data);
    told.session.onclose = ({ reason }) => reject(new Error(reason));
  });
  await Promise.race([told.opened, answer]);
  told.session.send(text);
  try {
    return await answer;
  } finally {
    told.session.close();
  }
}
