import { spawn } from "node:child_process";
import { constants } from "node:os";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { childEnvironment } from "../environment.ts";
import { openConnection } from "../front/upstream.ts";
import { groupMembers, killProcess } from "../processes.ts";
import { COMMAND_ENVIRONMENT, monotonicMs, type Offer, type Reply } from "./handOver.ts";
import { closeWhenIdle } from "./idleSocket.ts";

/** How often the port of a starting server is tried, in milliseconds. */
const RETRY_MS = 50;

/** Time for clients to read what a server has sent before it exited, in milliseconds. */
const LAST_BYTES_MS = 5000;

/**
 * One replica of the local run that is any program: starts a command, and copies the bytes of the connections that the front
 * hands over, because only a Node.js process can take them. It leads the process group of everything that the command starts.
 *
 * Arguments: the command for the shell, and the milliseconds after which SIGTERM is passed on.
 */
const [command = "", delayMs = "0"] = process.argv.slice(2);

/** Connections that are copied. */
const clients = new Set<Socket>();
let isStopping = false;
let isRunning = true;

const port = await freePort();
const server = spawn(command, {
  shell: true,
  stdio: ["ignore", "inherit", "inherit"],
  env: {
    ...childEnvironment(),
    ...(JSON.parse(process.env[COMMAND_ENVIRONMENT] ?? "{}") as NodeJS.ProcessEnv),
    PORT: String(port),
  },
});
server.once("error", () => process.exit(1));
server.once("exit", (code, signal) => {
  // A shell returns 128 and the number of the signal that has ended its command.
  const isTerminated = signal === "SIGTERM" || code === 128 + constants.signals.SIGTERM;
  void ended(isStopping && isTerminated ? 0 : (code ?? 1));
});

process.on("message", ({ id, idleMs, until }: Offer, client?: Socket) => {
  // Decides at once: Node.js is about to read from the client, and nobody else would get what was read.
  const isAccepted = client !== undefined && isRunning && monotonicMs() < until;
  send({ type: isAccepted ? "accepted" : "declined", id });
  if (isAccepted) {
    closeWhenIdle(client, idleMs);
    copy(client);
  } else {
    client?.destroy();
  }
});

// Exits with everything that it has started when the front was killed.
process.on("disconnect", () => process.kill(-process.pid, "SIGKILL"));

process.on("SIGTERM", () => {
  // This process gets the signal, too, that it sends to its group.
  if (!isStopping) {
    isStopping = true;
    setTimeout(() => process.kill(-process.pid, "SIGTERM"), Number(delayMs));
  }
});

while (!(await isListening())) {
  await sleep(RETRY_MS);
}
send({ type: "listening", port, metricsPort: 0 });

/** Connects a client to the server, and copies bytes in both directions, each until its end. */
function copy(client: Socket): void {
  const upstream = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
  clients.add(client);
  client.allowHalfOpen = true;
  client
    .on("error", () => client.destroy())
    .once("close", () => {
      clients.delete(client);
      upstream.destroy();
    });
  upstream.on("error", () => client.destroySoon()).once("close", () => client.destroySoon());
  client.pipe(upstream).pipe(client);
}

/** Exits after the shell has, which may end before what it has started. */
async function ended(code: number): Promise<void> {
  while (isStopping && groupMembers().length > 0) {
    await sleep(RETRY_MS);
  }
  isRunning = false;
  groupMembers().forEach(killProcess);
  const deadline = Date.now() + LAST_BYTES_MS;
  while (clients.size > 0 && Date.now() < deadline) {
    await sleep(RETRY_MS);
  }
  process.exit(code);
}

async function isListening(): Promise<boolean> {
  const socket = await openConnection(port);
  socket?.destroy();
  return socket !== undefined;
}

/** A port that nobody uses now. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port: free } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return free;
}

function send(reply: Reply): void {
  if (process.connected) {
    process.send?.(reply);
  }
}
