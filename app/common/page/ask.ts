/** Milliseconds after which a request counts as unanswered. */
const TIMEOUT_MS = 20_000;

export interface Answer {
  status: number;
  /** Empty where it is not a replica that answered. */
  replica: string;
  headers: Headers;
  /** What JSON says, undefined where that cannot be read; of all else its bytes. */
  body: unknown;
}

/** Asks the server; undefined if nobody answers in time, or the signal says before that nobody wants to know. */
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

/** True if a body is what JSON has as an object. */
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
