import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const MAX_LENGTH = 1000;
const MAX_LINES = 100;
const MAX_NOTEPADS = 1000;

const page = readFileSync(new URL("index.html", import.meta.url));

const server = createServer((_request, response) => {
  response.setHeader("content-type", "text/html; charset=utf-8");
  response.end(page);
});

const sockets = new WebSocketServer({ server, maxPayload: MAX_LENGTH });

// Notepads are in this process's memory, so whoever connects again must reach this process.
const notepads = new Map();

sockets.on("connection", (socket, request) => {
  const notepad = URL.parse(request.url, "http://localhost")?.searchParams.get("notepad");
  if (!notepad) {
    socket.close(1008, "no notepad");
    return;
  }
  const lines = open(notepad);
  socket.send(JSON.stringify({ replica: process.env.REPLICA_NAME, lines }));
  socket.on("message", (line) => {
    lines.push(String(line));
    lines.splice(0, lines.length - MAX_LINES);
    socket.send(JSON.stringify({ lines }));
  });
  socket.on("error", () => socket.terminate());
});

/** Returns the lines of a notepad. Deletes the one that was opened longest ago if there are too many. */
function open(notepad) {
  const lines = notepads.get(notepad) ?? [];
  notepads.delete(notepad);
  notepads.set(notepad, lines);
  if (notepads.size > MAX_NOTEPADS) {
    notepads.delete(notepads.keys().next().value);
  }
  return lines;
}

process.on("SIGTERM", () => {
  server.close();
  sockets.clients.forEach((socket) => socket.close(1012, "restarting"));
});

server.listen(process.env.PORT);
