import { isIPv6, type Socket } from "node:net";
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

/** Whose connections they are. */
export interface Origin {
  /** The address that connections come from. @default - the system chooses */
  source?: string | undefined;
  /** Whether a PROXY protocol header names that address, which need not be one of this computer. @default false */
  proxyProtocol?: boolean | undefined;
}

/** Opens all connections of a client. */
export class Connector {
  readonly #origin: Origin;
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

  constructor(origin: Origin) {
    this.#origin = origin;
  }

  /** Opens a connection to the server of a URL. */
  async open(url: string): Promise<Connection> {
    const { proxyProtocol = false, source } = this.#origin;
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
      localAddress: proxyProtocol ? null : (source ?? null),
    });
    if (proxyProtocol) {
      tcp.write(proxyHeader(tcp, source));
    }
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
    const { tcp } = await new Connector({}).open(url);
    tcp.destroy();
    return true;
  } catch (error) {
    return isOfCertificate(error);
  }
}

/** Version 1 of the header by which a proxy names its client; https://www.haproxy.org/download/3.4/doc/proxy-protocol.txt */
function proxyHeader(
  { localAddress = "", localPort, remoteAddress = "", remotePort }: Socket,
  source = localAddress,
): string {
  const addresses = isIPv6(remoteAddress)
    ? ["TCP6", isIPv6(source) ? source : `::ffff:${source}`, remoteAddress]
    : ["TCP4", source, remoteAddress];
  return `PROXY ${addresses.join(" ")} ${localPort} ${remotePort}\r\n`;
}

const connectors = new Map<string, Connector>();

/** The connector of the clients of an origin. */
export function connectorFrom(origin: Origin): Connector {
  const key = `${origin.source} ${origin.proxyProtocol}`;
  const known = connectors.get(key);
  const connector = known ?? new Connector(origin);
  connectors.set(key, connector);
  return connector;
}
