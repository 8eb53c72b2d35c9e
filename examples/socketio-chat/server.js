import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Server } from "socket.io";

const MAX_LENGTH = 1000;
const MAX_HISTORY = 50;

const page = readFileSync(new URL("index.html", import.meta.url));

// Longer than the load balancer keeps an idle connection, or it might send a request when this server closes it.
const KEEP_ALIVE_MS = 400_000;

const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (_request, response) => {
  response.setHeader("content-type", "text/html; charset=utf-8");
  response.end(page);
});

const io = new Server(server);

// The last messages of each room are in this process's memory, so everybody in a room must reach this process.
const history = new Map();

io.on("connection", (socket) => {
  const room = String(socket.handshake.query.room);
  socket.join(room);
  socket.emit("welcome", { replica: process.env.REPLICA_NAME, messages: history.get(room) ?? [] });

  socket.on("message", (text) => {
    const message = String(text).slice(0, MAX_LENGTH);
    history.set(room, [...(history.get(room) ?? []), message].slice(-MAX_HISTORY));
    io.to(room).emit("message", message);
  });
});

io.of("/").adapter.on("delete-room", (room) => history.delete(room));

process.on("SIGTERM", () => io.close());

server.listen(process.env.PORT);
