import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import Fastify from "fastify";

const MAX_WORDS = 50;
const WORD_MS = 50;

const page = readFileSync(new URL("index.html", import.meta.url));

// The streams that this process holds. A question must reach the process that has the stream of its session.
const streams = new Map();

const app = Fastify({
  bodyLimit: 10_000,
  // Longer than the load balancer keeps an idle connection, or it might send a request when this server closes it.
  keepAliveTimeout: 400_000,
});

app.get("/", (_request, reply) => reply.type("text/html; charset=utf-8").send(page));

app.get("/events", (_request, reply) => {
  const session = randomUUID();
  const stream = reply.hijack().raw;
  stream.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  send(stream, "session", { session, replica: process.env.REPLICA_NAME });
  streams.set(session, stream);
  stream.on("close", () => streams.delete(session));
});

app.post("/questions", async (request, reply) => {
  const stream = streams.get(request.query.session);
  if (stream === undefined) {
    return reply.code(404).send({ error: "session unknown" });
  }
  void answer(stream, String(request.body));
  return reply.code(202).send();
});

/** Answers word by word, as a language model would. */
async function answer(stream, question) {
  for (const word of `You asked: ${question}`.split(/\s+/).slice(0, MAX_WORDS)) {
    if (stream.writableEnded) {
      return;
    }
    send(stream, "word", word);
    await sleep(WORD_MS);
  }
}

function send(stream, event, data = null) {
  stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

process.on("SIGTERM", () => {
  streams.forEach((stream) => stream.end());
  void app.close();
});

await app.listen({ port: process.env.PORT, host: "0.0.0.0" });
