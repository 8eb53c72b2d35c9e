import type { Socket } from "node:net";
import { Agent, buildConnector } from "undici";
import { isOfCertificate } from "./causes.ts";

/** Connections never resume a TLS session or share one over HTTP/2, so each could go astray. */
const connect = buildConnector({ allowH2: false, maxCachedSessions: 0 });

export interface Connection {
  /** The connection over TCP, below TLS. */
  tcp: Socket;
  /** What carries the requests: TLS, or TCP itself. */
  stream: Socket;
}

/** Gives a connection to `http.request` and to a WebSocket. */
type CreateConnection = (
  options: unknown,
  callback: (error: Error | null, socket: Socket) => void,
) => undefined;

/** Opens all connections of a client. */
export class Connector {
  /** The address that connections come from; undefined if the system chooses. */
  readonly source: string | undefined;
  /** Opens a connection for each request of undici. */
  readonly agent = new Agent({
    connect: ({ protocol, hostname, port }, callback) => {
      const { host } = new URL(`${protocol}//${hostname}:${port}`);
      this.open(`${protocol}//${host}`).then(
        ({ stream }) => callback(null, stream),
        (error: unknown) => callback(error as Error, null),
      );
    },
  });

  constructor(source: string | undefined) {
    this.source = source;
  }

  /** Opens a connection to the server of a URL. */
  async open(url: string): Promise<Connection> {
    const { host, hostname, port, protocol } = new URL(url);
    const isTls = protocol === "https:" || protocol === "wss:";
    const to = {
      host,
      hostname: hostname.replace(/^\[|\]$/g, ""),
      port: port || (isTls ? "443" : "80"),
    };
    const tcp = await opened({
      ...to,
      protocol: "http:",
      localAddress: this.source ?? null,
    });
    const stream = isTls ? await opened({ ...to, protocol: "https:", httpSocket: tcp }) : tcp;
    return { tcp, stream };
  }

  /** For requests to a URL that undici does not send. */
  connectionTo(url: string): CreateConnection {
    return (_options, callback) => {
      this.open(url).then(
        ({ stream }) => callback(null, stream),
        (error: unknown) => callback(error as Error, undefined as unknown as Socket),
      );
      return undefined;
    };
  }
}

function opened(options: buildConnector.Options): Promise<Socket> {
  return new Promise((resolve, reject) => {
    connect(options, (error, socket) => (error === null ? resolve(socket) : reject(error)));
  });
}

/** Whether the server of an `https` or `wss` URL speaks TLS, whatever its certificate. */
export async function speaksTls(url: string): Promise<boolean> {
  try {
    const { tcp } = await new Connector(undefined).open(url);
    tcp.destroy();
    return true;
  } catch (error) {
    return isOfCertificate(error);
  }
}

const connectors = new Map<string | undefined, Connector>();

/** The connector of the clients at an address. */
export function connectorFrom(source: string | undefined): Connector {
  const known = connectors.get(source);
  const connector = known ?? new Connector(source);
  connectors.set(source, connector);
  return connector;
}
