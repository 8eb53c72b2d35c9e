import { finished } from "node:stream/promises";
import { CookieJar } from "tough-cookie";
import { request } from "undici";
import { agentFor } from "../agents.ts";
import type { HttpRequest } from "../visits/request.ts";

/** Milliseconds until a response, and each part of it, must arrive. */
const ANSWER_MS = 10_000;

/** Minimum milliseconds before a request is repeated. */
const MIN_RETRY_MS = 100;

/** A complete response. */
export interface HttpAnswer {
  status: number;
  /** The header `X-Replica`, or an empty text. */
  replica: string;
  /** The target of a redirect. */
  location: string | undefined;
  /** Milliseconds after which to repeat the request: a `503` with `Retry-After`. */
  retryAfterMs: number | undefined;
}

export interface HttpClientOptions {
  /** The address that connections come from. @default - the system chooses */
  source: string | undefined;
  /** Whether it keeps cookies and sends them back, as a browser does. */
  keepsCookies: boolean;
}

/** An HTTP client that opens a connection for each request, so each could go astray. */
export class HttpClient {
  readonly source: string;
  readonly #options: HttpClientOptions;
  readonly #jar = new CookieJar();
  #hasCookie = false;

  constructor(options: HttpClientOptions) {
    this.source = options.source ?? "";
    this.#options = options;
  }

  /** Whether it has received a cookie that it can send back. */
  get hasCookie(): boolean {
    return this.#hasCookie;
  }

  /** @throws Error when there is no response, or an incomplete one */
  async ask(
    { method, url, headers, body: content }: HttpRequest,
    signal?: AbortSignal,
  ): Promise<HttpAnswer> {
    const cookie = this.#options.keepsCookies ? this.#jar.getCookieStringSync(url) : "";
    const {
      body,
      headers: got,
      statusCode,
    } = await request(url, {
      method,
      dispatcher: agentFor(this.#options.source),
      headers: cookie === "" ? headers : { ...headers, cookie },
      reset: true,
      headersTimeout: ANSWER_MS,
      bodyTimeout: ANSWER_MS,
      ...(content === undefined ? {} : { body: content }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (this.#options.keepsCookies) {
      this.#keep([got["set-cookie"] ?? []].flat(), url);
    }
    await finished(body.resume());
    const retryAfter = got["retry-after"]?.toString();
    return {
      status: statusCode,
      replica: got["x-replica"]?.toString() ?? "",
      location: got.location?.toString(),
      retryAfterMs:
        statusCode === 503 && retryAfter !== undefined ? delayOf(retryAfter) : undefined,
    };
  }

  /** Keeps valid cookies for this URL and ignores others, as a browser does. */
  #keep(cookies: readonly string[], url: string): void {
    cookies.forEach((cookie) => this.#jar.setCookieSync(cookie, url, { ignoreError: true }));
    this.#hasCookie ||= this.#jar.getCookieStringSync(url) !== "";
  }
}

/** Milliseconds of a `Retry-After`, which is a number of seconds or a date. */
function delayOf(retryAfter: string): number {
  const ms = /^\d+$/.test(retryAfter)
    ? Number(retryAfter) * 1000
    : new Date(retryAfter).getTime() - Date.now();
  return Number.isNaN(ms) ? MIN_RETRY_MS : Math.max(MIN_RETRY_MS, ms);
}
