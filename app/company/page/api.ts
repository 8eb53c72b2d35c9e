import type { Answers } from "./answers.ts";

/** Milliseconds after which a request counts as unanswered. */
const TIMEOUT_MS = 20_000;

export interface Company {
  legalName: string;
  businessNumber: string;
  createdAt: string;
}

export interface CompanyPage {
  companies: readonly Company[];
  /** Where the next page is; null after the last. */
  next: string | null;
}

/** What the registry has to say when it does not do what it was asked for, as RFC 9457 has it. */
export interface Problem {
  title?: string;
  detail?: string;
  /** URL of the company that has the number already. */
  company?: string;
  /** Every faulty field. */
  errors?: readonly Fault[];
}

/** `pointer` where it is in the body. */
export interface Fault {
  pointer?: string;
  detail: string;
}

export interface Answer {
  status: number;
  /** Empty where it is not a replica that answered. */
  replica: string;
  /** Milliseconds to wait before asking again, if told. */
  retryAfterMs: number | undefined;
  body: unknown;
  /** Undefined where all is well, and where somebody else than the registry answered. */
  problem: Problem | undefined;
}

/** A request in the words of the log. */
export interface Question extends RequestInit {
  says: string;
  path: string;
}

export function isCompany(body: unknown): body is Company {
  return isObject(body) && "legalName" in body && "businessNumber" in body && "createdAt" in body;
}

export function isCompanyPage(body: unknown): body is CompanyPage {
  return isObject(body) && "companies" in body && "next" in body;
}

/** Asks the registry, and tells the log who answered; undefined if nobody did. */
export async function ask(
  { says, path, ...init }: Question,
  answers: Answers,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  const attempt = new AbortController();
  const abort = (): void => attempt.abort();
  const timeout = setTimeout(abort, TIMEOUT_MS);
  signal.addEventListener("abort", abort);
  const began = performance.now();
  try {
    const response = await fetch(path, { ...init, cache: "no-store", signal: attempt.signal });
    const answer = read(response, await response.text());
    answers.add(says, answer, Math.round(performance.now() - began));
    return answer;
  } catch {
    return undefined;
  } finally {
    clearTimeout(timeout);
    signal.removeEventListener("abort", abort);
  }
}

function read({ status, headers }: Response, text: string): Answer {
  const type = headers.get("Content-Type") ?? "";
  const body: unknown = /^application\/(problem\+)?json\b/.test(type) ? parse(text) : undefined;
  return {
    status,
    replica: headers.get("X-Replica") ?? "",
    retryAfterMs: milliseconds(headers.get("Retry-After")),
    body,
    problem: type.startsWith("application/problem+json") && isObject(body) ? body : undefined,
  };
}

function isObject(body: unknown): body is object {
  return typeof body === "object" && body !== null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `Retry-After` is a number of seconds or a date. */
function milliseconds(retryAfter: string | null): number | undefined {
  if (retryAfter === null) {
    return undefined;
  }
  const seconds = Number(retryAfter);
  const wait = Number.isNaN(seconds) ? Date.parse(retryAfter) - Date.now() : seconds * 1000;
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}
