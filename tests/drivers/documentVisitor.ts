import { CookieJar } from "tough-cookie";
import { Agent, request } from "undici";
import { WebSocket } from "ws";
import { Editor } from "./documentEditor.ts";

/** A person before the documents of an origin, with an address and with cookies as a browser keeps them. */
export class DocumentVisitor {
  readonly #origin: string;
  readonly #source: string;
  readonly #agent: Agent;
  readonly #jar = new CookieJar();

  /** @param source the address that connections come from */
  constructor(origin: string, source: string) {
    this.#origin = origin;
    this.#source = source;
    this.#agent = new Agent({ localAddress: source });
  }

  /** Makes a document; its id. */
  async create(title = ""): Promise<string> {
    const body = JSON.stringify({ title });
    const { id } = (await this.#ask("POST", "/documents", "application/json", body)) as {
      id: string;
    };
    return id;
  }

  /** Loads a document's page, and then edits the document. */
  async open(id: string): Promise<Editor> {
    await this.#ask("GET", `/documents/${id}`, "text/html");
    return new Editor(
      id,
      () => this.#origin,
      (url) => this.#connect(url),
    );
  }

  async #ask(method: "GET" | "POST", path: string, type: string, content?: string) {
    const { statusCode, headers, body } = await request(this.#origin + path, {
      method,
      dispatcher: this.#agent,
      headers: { ...this.#cookies(), accept: type, "content-type": "application/json" },
      reset: true,
      body: content ?? null,
    });
    this.#keep(headers["set-cookie"]);
    if (statusCode >= 400) {
      throw new Error(`${method} ${path} was answered with ${statusCode}: ${await body.text()}`);
    }
    return type === "application/json" ? body.json() : body.text();
  }

  #connect(url: string): WebSocket {
    const socket = new WebSocket(url, { localAddress: this.#source, headers: this.#cookies() });
    socket.once("upgrade", ({ headers }) => this.#keep(headers["set-cookie"]));
    return socket;
  }

  #cookies(): Record<string, string> {
    const cookie = this.#jar.getCookieStringSync(this.#origin);
    return cookie === "" ? {} : { cookie };
  }

  #keep(cookies: string | readonly string[] = []): void {
    [cookies].flat().forEach((cookie) => this.#jar.setCookieSync(cookie, this.#origin));
  }
}
