import type { IncomingHttpHeaders } from "node:http";
import { CookieJar } from "tough-cookie";
import { connectorFrom, type Connector, type Origin } from "../connector.ts";
import type { HttpRequest } from "./request.ts";

export interface HttpClientOptions extends Origin {
  /** Whether it keeps cookies and sends them back, as a browser does. */
  keepsCookies: boolean;
}

/** A client that opens a connection for each request, so each could go astray. */
export class HttpClient {
  /** The address that connections come from; empty if the system chooses. */
  readonly source: string;
  readonly connector: Connector;
  readonly #options: HttpClientOptions;
  readonly #jar = new CookieJar();
  #hasCookie = false;

  constructor(options: HttpClientOptions) {
    this.source = options.source ?? "";
    this.connector = connectorFrom(options);
    this.#options = options;
  }

  /** Whether it has received a cookie that it can send back. */
  get hasCookie(): boolean {
    return this.#hasCookie;
  }

  /** The value of the header `Cookie` for a URL; empty without cookies. */
  cookieFor(url: string): string {
    return this.#options.keepsCookies ? this.#jar.getCookieStringSync(url) : "";
  }

  /** Headers of a request, with its cookies. */
  headersFor({ headers, url }: Pick<HttpRequest, "headers" | "url">): Record<string, string> {
    const cookie = this.cookieFor(url);
    return cookie === "" ? headers : { ...headers, cookie };
  }

  /** Keeps valid cookies for this URL and ignores others, as a browser does. */
  keep({ "set-cookie": cookies = [] }: IncomingHttpHeaders, url: string): void {
    if (this.#options.keepsCookies) {
      cookies.forEach((cookie) => this.#jar.setCookieSync(cookie, url, { ignoreError: true }));
      this.#hasCookie ||= this.#jar.getCookieStringSync(url) !== "";
    }
  }

  /**
   * Sends a request, and waits until `signal` aborts.
   *
   * @returns the beginning of the response; its body must be read or destroyed
   * @throws Error when there is no response
   */
  async open({ body, method, url, ...to }: HttpRequest, signal: AbortSignal) {
    const cookie = this.cookieFor(url);
    const headers = this.headersFor({ url, ...to });
    const response = await this.connector.request(url, { method, headers, body, signal });
    this.keep(response.headers, url);
    return { status: response.statusCode ?? 0, headers: response.headers, cookie, body: response };
  }
}
