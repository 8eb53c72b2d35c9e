import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { equal } from "node:assert/strict";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../support/ports.ts";
import { waitFor } from "../drivers/waitFor.ts";

/** A load balancer that somebody else wrote, in front of some ports. */
export interface Balancer {
  port: number;
  /** The path `/echo`. */
  url: string;
  stop: () => Promise<void>;
}

export interface HaproxyOptions {
  /** The name of the cookie that keeps clients on their replica. @default - none does */
  cookie?: string;
  /** Whether connections must begin with a PROXY protocol header. @default false */
  acceptsProxy?: boolean;
  /** Replicas, the last ones, that get no request until {@link Balancer.addReplicas}. @default 0 */
  spare?: number;
}

/** HAProxy, with `balance` as its rule, and what follows it. */
export async function startHaproxy(
  balance: string,
  ports: readonly number[],
  { acceptsProxy = false, cookie, spare = 0 }: HaproxyOptions = {},
): Promise<Balancer & { addReplicas: () => Promise<void> }> {
  const names = ports.map((_, index) => `replica${index}`);
  const spares = names.slice(names.length - spare);
  const serverOf = (port: number, index: number): string =>
    [
      `  server ${names[index]} 127.0.0.1:${port}`,
      ...(cookie === undefined ? [] : [`cookie r${index}`]),
      ...(spares.includes(names[index] ?? "") ? ["disabled"] : []),
    ].join(" ");
  let admin = "";
  const balancer = await start("haproxy", (port, folder) => {
    const file = join(folder, "haproxy.cfg");
    admin = join(folder, "admin.sock");
    writeFileSync(
      file,
      `global
  maxconn 4000
  stats socket ${admin} level admin
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout tunnel 1h
frontend echo
  bind 127.0.0.1:${port}${acceptsProxy ? " accept-proxy" : ""}
  default_backend replicas
backend replicas
  balance ${balance}
${cookie === undefined ? "" : `  cookie ${cookie} insert indirect\n`}${ports.map(serverOf).join("\n")}
`,
    );
    return ["-f", file, "-db"];
  });
  const addReplicas = async (): Promise<void> => {
    for (const name of spares) {
      const answer = await text(connect(admin).end(`set server replicas/${name} state ready\n`));
      equal(answer.trim(), "");
    }
  };
  return { ...balancer, addReplicas };
}

/**
 * nginx, with `rule` in its upstream; without one it goes round robin.
 *
 * @param acceptsProxy whether connections must begin with a PROXY protocol header
 */
export function startNginx(
  rule: string,
  ports: readonly number[],
  acceptsProxy = false,
): Promise<Balancer> {
  return start("nginx", (port, folder) => {
    const file = join(folder, "nginx.conf");
    writeFileSync(
      file,
      `daemon off;
pid ${folder}/nginx.pid;
error_log stderr;
worker_rlimit_nofile 8192;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  upstream replicas {
    ${rule}
    ${ports.map((each) => `server 127.0.0.1:${each};`).join("\n    ")}
  }
  map $http_upgrade $connection_header { default upgrade; '' close; }
  server {
    listen 127.0.0.1:${port}${acceptsProxy ? " proxy_protocol" : ""};
    location / {
      proxy_pass http://replicas;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_header;
      proxy_buffering off;
      proxy_next_upstream off;
    }
  }
}
`,
    );
    return ["-c", file, "-p", folder];
  });
}

async function start(
  command: string,
  configure: (port: number, folder: string) => string[],
): Promise<Balancer> {
  const port = await freePorts(1);
  const args = configure(port, mkdtempSync(join(tmpdir(), `${command}-`)));
  const child = spawn(command, args, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, PATH: `${process.env.PATH ?? ""}:/usr/sbin` },
  });
  await waitFor(`${command} listens`, () => isOpen(port, child));
  const stop = async (): Promise<void> => {
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await exited;
  };
  return { port, url: `http://127.0.0.1:${port}/echo`, stop };
}

function isOpen(port: number, child: ChildProcess): Promise<boolean> {
  if (child.exitCode !== null) {
    throw new Error(`it ended with ${child.exitCode}`);
  }
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
      .once("connect", () => {
        socket.destroy();
        resolve(true);
      })
      .once("error", () => resolve(false));
  });
}
