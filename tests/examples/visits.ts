import { ok } from "node:assert/strict";
import { on, once } from "node:events";
import { Agent } from "node:http";
import { EventSourceParserStream } from "eventsource-parser/stream";
import { io, type Socket } from "socket.io-client";
import { WebSocket } from "ws";

/** What a client of an example has met. */
export interface Visit {
  /** Name of the replica that responded first. */
  replica: string;
  /** Whether the example worked, which it does only if everything reaches that replica. */
  isKept: boolean;
}

/** A client of an example, whose source address is not that of others with another number. */
export type Client = (origin: string, number: number) => Promise<Visit>;

const sourceOf = (number: number): string => `127.0.1.${number}`;

/** Two people with different addresses talk in a room by long polling, each request on a connection of its own. */
export const talk: Client = async (origin, number) => {
  const people = [number, number + 100].map((each) =>
    io(origin, {
      agent: new Agent({ localAddress: sourceOf(each) }) as unknown as string,
      query: { room: `room-${number}` },
      transports: ["polling"],
      reconnection: false,
      forceNew: true,
    }),
  );
  try {
    const [replica = "", other] = await Promise.all(people.map(welcome));
    const [speaker, listener] = people;
    if (other !== replica || speaker === undefined || listener === undefined) {
      return { replica, isKept: false };
    }
    const heard = heardOr(listener, "");
    speaker.emit("message", "hello");
    return { replica, isKept: (await heard) === "hello" };
  } finally {
    people.forEach((person) => person.disconnect());
  }
};

/** The replica that welcomes a client; undefined if requests of its session reach several. */
function welcome(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    socket.once("welcome", ({ replica }: { replica: string }) => resolve(replica));
    socket.once("connect_error", () => resolve(undefined));
    socket.once("disconnect", () => resolve(undefined));
  });
}

function heardOr(socket: Socket, otherwise: string): Promise<string> {
  return new Promise((resolve) => {
    socket.once("message", resolve);
    socket.once("disconnect", () => resolve(otherwise));
  });
}

/** Somebody writes a line, and finds it after connecting again. */
export const write: Client = async (origin, number) => {
  const [first, again] = await sendAndReturn(`${origin}/?notepad=${number}`, number, "a line");
  return { replica: first.replica, isKept: again.lines?.join() === "a line" };
};

/** Somebody guesses, and goes on with the same game after connecting again. */
export const guess: Client = async (origin, number) => {
  const [first, again] = await sendAndReturn(`${origin}/?player=${number}`, number, "0");
  return { replica: first.replica, isKept: again.guesses === 1 };
};

/** A browser opens a stream, asks a question and reads the answer from the stream. */
export const ask: Client = async (origin) => {
  const ending = new AbortController();
  const opened = await fetch(`${origin}/events`, { signal: ending.signal });
  const cookie = opened.headers.getSetCookie().map((each) => each.split(";")[0]);
  const events = opened.body
    ?.pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())
    .getReader();
  const next = async (): Promise<unknown> =>
    JSON.parse((await events?.read())?.value?.data ?? "null");
  try {
    const { session, replica } = (await next()) as { session: string; replica: string };
    const asked = await fetch(`${origin}/questions?session=${session}`, {
      method: "POST",
      headers: { cookie: cookie.join("; ") },
      body: "why?",
    });
    if (!asked.ok) {
      return { replica, isKept: false };
    }
    const words = [await next(), await next(), await next()];
    return { replica, isKept: words.join(" ") === "You asked: why?" };
  } finally {
    ending.abort();
  }
};

/** What the servers of the WebSockets say first. */
interface Greeting {
  replica: string;
  lines?: string[];
  guesses?: number;
}

/** Sends a text over a WebSocket and waits for what comes back; returns the first message of this connection and of another. */
async function sendAndReturn(
  url: string,
  number: number,
  text: string,
): Promise<[Greeting, Greeting]> {
  const first = await connect(url, number);
  const greeting = await first.next();
  first.socket.send(text);
  await first.next();
  await first.close();
  const second = await connect(url, number);
  const again = await second.next();
  await second.close();
  return [greeting, again];
}

async function connect(url: string, number: number) {
  const socket = new WebSocket(url, { localAddress: sourceOf(number) });
  const messages = on(socket, "message", { close: ["close"] });
  await once(socket, "open");
  return {
    socket,
    next: async (): Promise<Greeting> => {
      const { value, done } = await messages.next();
      ok(done !== true, "the connection was closed");
      const [data] = value as [Buffer];
      return JSON.parse(data.toString()) as Greeting;
    },
    close: async () => {
      const closed = once(socket, "close");
      socket.close();
      await closed;
    },
  };
}
