import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** Parts of sockjs 0.3.24 that its published types lack. */
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
    /** Internal, see sockjsInternals.ts. */
    readonly _session: {
      /** Milliseconds without a message until a heartbeat, which also ends a poll. */
      heartbeat_delay?: number;
      /** Messages that wait for the next receiving request; a raw WebSocket has none. */
      send_buffer?: string[];
      /** Where messages are sent now: the connection of a WebSocket or an HTTP response. */
      recv: { connection?: Socket; response?: ServerResponse } | null;
    };
  }
}
