import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect, isIP, isIPv6, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { isOfCertificate } from "./causes.ts";
import { Failure } from "./failure.ts";
import { ANSWER_MS } from "./visits/limit.ts";

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

/** Client that the connections belong to. */
export interface Origin {
  /** The address that connections come from. @default - the system chooses */
  source?: string | undefined;
  /** Whether a PROXY protocol header names that address, which need not be one of this computer. @default false */
  proxyProtocol?: boolean | undefined;
}

export interface RequestOptions {
  method?: "GET" | "POST";
  headers?: Record<string, string>;
  body?: string | undefined;
  /** Ends the request, and the connection. */
  signal?: AbortSignal;
  /** The connection that carries it. @default - a new one */
  stream?: Socket;
}

/** Opens all connections of a client, one for each request: none is kept, shared over HTTP/2, or resumes a TLS session, so each could go astray. */
export class Connector {
  readonly #origin: Origin;

  constructor(origin: Origin) {
    this.#origin = origin;
  }

  /** Opens a connection to the server of a URL. */
  async open(url: string): Promise<Connection> {
    const { proxyProtocol = false, source } = this.#origin;
    const { hostname, port, protocol } = new URL(url);
    const isTls = protocol === "https:" || protocol === "wss:";
    const host = hostname.replace(/^\[|\]$/g, "");
    const tcp = connect({
      host,
      port: Number(port) || (isTls ? 443 : 80),
      noDelay: true,
      ...(proxyProtocol || source === undefined ? {} : { localAddress: source }),
    });
    const timer = setTimeout(() => tcp.destroy(tooLate()), ANSWER_MS);
    try {
      await once(tcp, "connect");
      if (proxyProtocol) {
        tcp.write(proxyHeader(tcp, source));
      }
      if (!isTls) {
        return { tcp, stream: tcp };
      }
      const servername = isIP(host) === 0 ? { servername: host } : {};
      const stream = connectTls({ socket: tcp, host, ALPNProtocols: ["http/1.1"], ...servername });
      await once(stream, "secureConnect");
      return { tcp, stream };
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Sends a request on a connection of its own.
   *
   * @returns the beginning of the response; its body must be read or destroyed
   */
  request(
    url: string,
    { body, headers = {}, method = "GET", signal, stream }: RequestOptions,
  ): Promise<IncomingMessage> {
    const send = url.startsWith("https:") ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      send(url, {
        method,
        headers,
        createConnection: stream === undefined ? this.connectionTo(url) : () => stream,
        ...(signal === undefined ? {} : { signal }),
      })
        .once("response", resolve)
        .once("upgrade", (_response, socket) => {
          socket.destroy();
          reject(new Failure("it was answered 101, an upgrade that was not requested"));
        })
        .on("error", reject)
        .end(body);
    });
  }

  /** Opens the connection of `http.request` or of a WebSocket to a URL. */
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

function tooLate(): Error {
  return Object.assign(new Error("connect ETIMEDOUT"), { code: "ETIMEDOUT" });
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
