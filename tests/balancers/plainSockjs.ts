import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import sockjs from "sockjs";

// A SockJS echo server as anybody writes it: it names no replica. A process of its own, for all servers
// of a process share their sessions. It prints its port.
const echo = sockjs.createServer({ log: () => undefined });
echo.on("connection", (connection) => {
  connection.on("data", (message) => connection.write(message));
});
const server = createServer();
echo.installHandlers(server, { prefix: "/echo" });
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
