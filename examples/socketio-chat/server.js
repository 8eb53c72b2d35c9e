import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Server } from "socket.io";

const MAX_LENGTH = 1000;
const MAX_HISTORY = 50;

const page = readFileSync(new URL("index.html", import.meta.url));

const server = createServer((_request, response) => {
  response.setHeader("content-type", "text/html; charset=utf-8");
  response.end(page);
});

const io = new Server(server);

// The last messages of each room are in this process's memory, so everybody in a room has to meet here.
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
