import type { IncomingMessage } from "node:http";
import { finished } from "node:stream/promises";
import { causeOf } from "../causes.ts";
import { wrongStatus } from "../failure.ts";
import type { HttpClient } from "../visits/client.ts";
import { FRAME_READERS } from "./frames.ts";
import { ABNORMAL_CLOSURE, type Transport, type TransportEvents } from "./transport.ts";

export type HttpTransportName = keyof typeof FRAME_READERS;

/** The receiving request of each transport. */
const RECEIVE: Record<HttpTransportName, { method: "GET" | "POST"; path: string }> = {
  "xhr-streaming": { method: "POST", path: "/xhr_streaming" },
  "xhr-polling": { method: "POST", path: "/xhr" },
  eventsource: { method: "GET", path: "/eventsource" },
  htmlfile: { method: "GET", path: "/htmlfile?c=frame" },
  "jsonp-polling": { method: "GET", path: "/jsonp?c=frame" },
};

/** A fall-back transport that opens a connection for each request, so each could go astray. */
export class HttpTransport implements Transport {
  readonly #session: string;
  readonly #name: HttpTransportName;
  readonly #client: HttpClient;
  readonly #events: TransportEvents;
  readonly #abort = new AbortController();
  #outbox: string[] = [];
  #answeredAt = Date.now();
  #silentMs = 0;
  #isSending = false;

  constructor(
    session: string,
    name: HttpTransportName,
    client: HttpClient,
    events: TransportEvents,
  ) {
    this.#session = session;
    this.#name = name;
    this.#client = client;
    this.#events = events;
    void this.#receive();
  }

  get silentMs(): number {
    return this.#silentMs;
  }

  send(text: string): void {
    this.#outbox.push(text);
    if (!this.#isSending) {
      void this.#sendAll();
    }
  }

  close(): void {
    this.#abort.abort();
  }

  /** Repeats the receiving request until a close frame, an error status or a lost connection. */
  async #receive(): Promise<void> {
    const { method, path } = RECEIVE[this.#name];
    try {
      while (!this.#abort.signal.aborted) {
        const body = await this.#request(method, path);
        const read = FRAME_READERS[this.#name]();
        let frames = 0;
        body.setEncoding("utf8");
        for await (const chunk of body) {
          this.#silentMs = Date.now() - this.#answeredAt;
          this.#answeredAt = Date.now();
          for (const frame of read(chunk as string)) {
            frames += 1;
            this.#events.frame(frame);
          }
        }
        this.#answeredAt = Date.now();
        if (frames === 0) {
          throw new Error(`${method} ${path} was answered without a frame`);
        }
      }
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Sends all waiting messages in one request; those given meanwhile wait for the next one. */
  async #sendAll(): Promise<void> {
    this.#isSending = true;
    try {
      while (this.#outbox.length > 0) {
        const texts = JSON.stringify(this.#outbox.splice(0));
        const body =
          this.#name === "jsonp-polling"
            ? await this.#request("POST", "/jsonp_send", `d=${encodeURIComponent(texts)}`)
            : await this.#request("POST", "/xhr_send", texts);
        await finished(body.resume());
      }
    } catch (error) {
      this.#failed(error);
    }
    this.#isSending = false;
  }

  async #request(method: "GET" | "POST", path: string, body?: string): Promise<IncomingMessage> {
    const isForm = path === "/jsonp_send";
    const name = `${method} ${path.split("?")[0] ?? path}`;
    const request = {
      ...{ name, method, url: this.#session + path },
      headers: body === undefined ? {} : { "content-type": contentType(isForm) },
      ...(body === undefined ? {} : { body }),
    };
    const {
      status,
      headers,
      body: response,
    } = await this.#client.open(request, this.#abort.signal);
    this.#events.answer({ request: name, status, headers });
    if (status >= 300) {
      response.destroy();
      const head = { status, location: headers.location };
      throw wrongStatus(head, (text) => `${name} was answered ${text}`);
    }
    return response;
  }

  #failed(error: unknown): void {
    if (!this.#abort.signal.aborted) {
      this.#events.closed(ABNORMAL_CLOSURE, causeOf(error).words);
    }
  }
}

function contentType(isForm: boolean): string {
  return isForm ? "application/x-www-form-urlencoded" : "text/plain;charset=UTF-8";
}
