import { SockjsSession, type SessionOptions } from "../../verify/sockjs/session.ts";

/** What a session has test, in order. */
export interface TestSession {
  session: SockjsSession;
  messages: string[];
  /** Set when the session is over. */
  closed: { code: number; reason: string } | undefined;
  opened: Promise<void>;
  ended: Promise<void>;
}

/** Opens a session and records what it receives. */
export function openSession(options: SessionOptions): TestSession {
  const session = new SockjsSession(options);
  const opened = Promise.withResolvers<undefined>();
  const ended = Promise.withResolvers<undefined>();
  const test: TestSession = {
    session,
    messages: [],
    closed: undefined,
    opened: opened.promise,
    ended: ended.promise,
  };
  session.onopen = () => opened.resolve(undefined);
  session.onmessage = ({ data }) => test.messages.push(data);
  session.onclose = (closed) => {
    test.closed = closed;
    ended.resolve(undefined);
  };
  return test;
}

/** Opens a session, says something and gives the answer. */
export async function echoOnce(options: SessionOptions, text = "hello"): Promise<string> {
  const test = openSession(options);
  const answer = new Promise<string>((resolve, reject) => {
    test.session.onmessage = ({ data }) => resolve(data);
    test.session.onclose = ({ reason }) => reject(new Error(reason));
  });
  await Promise.race([test.opened, answer]);
  test.session.send(text);
  try {
    return await answer;
  } finally {
    test.session.close();
  }
}
