import type { IncomingMessage, ServerResponse } from "node:http";
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
  }
}
