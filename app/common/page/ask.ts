/** Timeout of a request, in milliseconds. */
const TIMEOUT_MS = 20_000;

export interface Answer {
  status: number;
  /** Name of the replica; empty if something else answered, such as a load balancer. */
  replica: string;
  headers: Headers;
  /** Parsed JSON, or undefined if it is malformed; the bytes of any other media type. */
  body: unknown;
}

/** Sends a request; undefined if it fails, times out or is aborted by the signal. */
export async function ask(
  path: string,
  { signal, ...init }: RequestInit = {},
): Promise<Answer | undefined> {
  const attempt = new AbortController();
  const abort = (): void => attempt.abort();
  const timeout = setTimeout(abort, TIMEOUT_MS);
  signal?.addEventListener("abort", abort);
  try {
    return await read(await fetch(path, { ...init, cache: "no-store", signal: attempt.signal }));
  } catch {
    return undefined;
  } finally {
    clearTimeout(timeout);
    signal?.removeEventListener("abort", abort);
  }
}

/** True if a body is parsed JSON with members. */
export function isObject(body: unknown): body is object {
  return typeof body === "object" && body !== null && !(body instanceof Uint8Array);
}

async function read(response: Response): Promise<Answer> {
  const { status, headers } = response;
  const bytes = new Uint8Array(await response.arrayBuffer());
  const isJson = /^application\/(problem\+)?json\b/.test(headers.get("Content-Type") ?? "");
  const body = isJson ? parse(bytes) : bytes;
  return { status, replica: headers.get("X-Replica") ?? "", headers, body };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
