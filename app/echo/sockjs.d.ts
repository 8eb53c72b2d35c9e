import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** What sockjs 0.3.24 has and its published types lack. */
declare module "sockjs" {
  interface ServerOptions {
    faye_server_options?: { maxLength?: number; headers?: Record<string, string> };
  }
  interface Server {
    /** Handles requests and upgrades under the prefix; false where the URL is not under it. */
    middleware(): (
      request: IncomingMessage,
      response: ServerResponse | Duplex,
      head?: Buffer,
    ) => boolean;
  }
  interface Connection {
    close(status?: number, reason?: string): boolean;
    /** Its own, for it tells nobody else what waits for a client, nor lets transports have heartbeats of their own. */
    readonly _session: {
      /** Milliseconds of silence until a heartbeat, which also ends a poll. */
      heartbeat_delay?: number;
      /** Messages that wait for the next request that receives; not of a raw WebSocket. */
      send_buffer?: string[];
      /** Where messages go now: a WebSocket's connection or an HTTP response. */
      recv: { connection?: Socket; response?: ServerResponse } | null;
    };
  }
}
