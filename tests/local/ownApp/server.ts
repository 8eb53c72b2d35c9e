import { createServer } from "node:http";

// An app as anybody writes it, which knows nothing of this project.
const server = createServer((request, response) => {
  if (request.url === "/missing") {
    response.statusCode = 404;
  }
  if (request.url === "/exit") {
    process.exit(3);
  }
  if (request.url === "/slow") {
    setTimeout(() => response.end(JSON.stringify({ pid: process.pid })), 2000);
    return;
  }
  response.end(JSON.stringify({ pid: process.pid }));
});

server.on("upgrade", (_request, socket) => {
  socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n");
  socket.pipe(socket);
});

process.on("SIGTERM", () => {
  console.log(JSON.stringify({ msg: "SIGTERM" }));
  server.close();
  server.closeIdleConnections();
});

server.listen(Number(process.env.PORT));
