import { CATALOGUE } from "../../app/contract/catalogue.ts";
import { execFile, execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import {
  createServer,
  type IncomingHttpHeaders,
  type RequestListener,
  type Server,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { haproxyConfig, type HaproxyConfigArgs } from "../../components/front/haproxyConfig.ts";
import { freePorts } from "../support/ports.ts";
import { waitFor } from "../drivers/waitFor.ts";
import { NameServer } from "./nameServer.ts";
import { get } from "./routerClient.ts";

/** Another HAProxy than the system's may be named. */
const HAPROXY = process.env.HAPROXY ?? "haproxy";
const env = { ...process.env, PATH: `${process.env.PATH ?? ""}:/usr/sbin` };

/** Lines of a configuration for HAProxy 3.4 that Debian's, 2.6 and 3.0, do not know. */
const UNKNOWN_BEFORE_3_1 = /^ +default-server init-state .*\n/gm;

/** Where configurations are, until the tests have ended. */
const folder = mkdtempSync(join(tmpdir(), "router-"));
process.once("exit", () => rmSync(folder, { recursive: true }));
let files = 0;

const version = execFileSync(HAPROXY, ["-v"], { env, encoding: "utf8" });

/** Whether HAProxy waits for the checks of a replica whose name has just come. */
export const knowsInitState = !/version (2\.|3\.0\.)/.test(version);

/** The configuration as the HAProxy of the tests takes it. */
export function configFor(args: HaproxyConfigArgs): string {
  const config = haproxyConfig(args);
  return knowsInitState ? config : config.replaceAll(UNKNOWN_BEFORE_3_1, "");
}

/** Adds the key to each response of a router, as hexadecimal digits. */
export function withKey(config: string): string {
  const header = "  http-after-response set-header X-Key %[var(txn.key),hex] if has_key\n";
  return config.replace("  use_backend keyed", (line) => header + line);
}

/** Where the names of a test's replicas lead. */
export const PODS = { statefulSet: "company", serviceName: "company-pods", namespace: "company" };

/** A server in the place of a replica of the application. */
export class Replica {
  readonly name: string;
  readonly address: string;
  /** What it was asked, but for checks. */
  readonly requests: { method: string; url: string; headers: IncomingHttpHeaders }[] = [];
  isReady = true;
  checks = 0;
  /** How it answers; `X-Replica` is there already. */
  handle: RequestListener = (_request, response) => response.end();
  server: Server | undefined;
  readonly #sockets = new Set<Socket>();

  constructor(ordinal: number, address = `127.0.1.${ordinal + 1}`) {
    this.name = `${PODS.statefulSet}-${ordinal}`;
    this.address = address;
  }

  async listen(port: number): Promise<number> {
    const server = createServer((incoming, response) => {
      const { headers, method = "", url = "" } = incoming;
      if (url === "/readyz") {
        this.checks++;
        response.writeHead(this.isReady ? 200 : 503).end();
        return;
      }
      this.requests.push({ method, url, headers });
      response.setHeader("X-Replica", this.name);
      this.handle(incoming, response);
    });
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(port, this.address, resolve);
    });
    this.server = server;
    return (server.address() as AddressInfo).port;
  }

  /** Ends like a process that is killed. */
  async kill(): Promise<void> {
    const closed = new Promise((resolve) => this.server?.close(resolve));
    this.#sockets.forEach((socket) => socket.destroy());
    await closed;
  }
}

/** A running router. */
export interface Router {
  child: ChildProcess;
  /** Where clients arrive, with a PROXY header. */
  port: number;
  probePort: number;
  /** What it has logged. */
  out: () => string;
  /** Exit code, or signal. */
  ended: Promise<number | string>;
}

/** Routers, their replicas and the name server between them, all of one test. */
export class Fleet {
  readonly names = new NameServer();
  readonly replicas: Replica[] = [];
  readonly #routers: Router[] = [];
  #namePort = 0;
  #port = 0;

  /** Starts replicas that are all reached at one port, as pods are. */
  static async of(count: number): Promise<Fleet> {
    const fleet = new Fleet();
    fleet.#namePort = await fleet.names.listen();
    for (let ordinal = 0; ordinal < count; ordinal++) {
      await fleet.add(new Replica(ordinal));
    }
    return fleet;
  }

  async add(replica: Replica): Promise<void> {
    this.#port = await replica.listen(this.#port);
    this.replicas.push(replica);
    this.names.addresses.set(hostOf(replica), replica.address);
  }

  /** Starts a router that is ready when it knows all replicas. */
  async route(
    changes: Partial<HaproxyConfigArgs> = {},
    edit: (config: string) => string = (config) => config,
  ): Promise<Router> {
    const [port, probePort] = [await freePorts(1), await freePorts(1)];
    const config = configFor({
      ...PODS,
      routes: CATALOGUE.company.routing.keyRoutes,
      replicas: this.replicas.length,
      port: this.#port,
      readinessPath: "/readyz",
      isTls: false,
      idleTimeoutSeconds: 60,
      ...changes,
    })
      .replace("bind :8080", `bind 127.0.0.1:${port}`)
      .replace("bind :8404", `bind 127.0.0.1:${probePort}`)
      .replace("parse-resolv-conf", `nameserver test 127.0.0.1:${this.#namePort}`);
    const router = start(edit(config), port, probePort);
    this.#routers.push(router);
    for (const { name } of this.replicas) {
      await waitFor(`${name} is up: ${router.out()}`, () => isUp(router, name));
    }
    return router;
  }

  /** What all replicas were asked since it was last forgotten, but for checks. */
  requests(): Replica["requests"] {
    return this.replicas.flatMap(({ requests }) => requests);
  }

  forget(): void {
    this.replicas.forEach(({ requests }) => (requests.length = 0));
  }

  async stop(): Promise<void> {
    this.#routers.forEach(({ child }) => child.kill("SIGKILL"));
    await Promise.all(this.#routers.map(({ ended }) => ended));
    await Promise.all(this.replicas.map((replica) => replica.kill()));
    this.names.close();
  }
}

export function hostOf({ name }: Replica): string {
  return `${name}.${PODS.serviceName}.${PODS.namespace}.svc.cluster.local`;
}

/** What HAProxy finds wrong with a configuration, warnings, too. */
export function check(config: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(HAPROXY, ["-c", "-dW", "-f", fileWith(config)], { env }, (failure, _, stderr) =>
      resolve(failure === null ? "" : `${failure.message}\n${stderr}`),
    );
  });
}

/** Whether a router sends to a replica; both of its backends agree. */
export async function isUp(router: Router, replica: string): Promise<boolean> {
  const { body } = await get(router.probePort, "/metrics").catch(() => ({ body: "" }));
  return ["keyed", "spread"].every((proxy) =>
    body.includes(`haproxy_server_status{proxy="${proxy}",server="${replica}",state="UP"} 1`),
  );
}

function start(config: string, port: number, probePort: number): Router {
  const child = spawn(HAPROXY, ["-db", "-f", fileWith(config)], {
    stdio: ["ignore", "pipe", "pipe"],
    env,
  });
  let out = "";
  child.stdout.on("data", (data) => (out += String(data)));
  child.stderr.on("data", (data) => (out += String(data)));
  const ended = new Promise<number | string>((resolve) =>
    child.once("close", (code, signal) => resolve(code ?? signal ?? "")),
  );
  return { child, port, probePort, out: () => out, ended };
}

function fileWith(config: string): string {
  files += 1;
  const file = join(folder, `${files}.cfg`);
  writeFileSync(file, config);
  return file;
}
