import { ask as askServer, isObject, type Answer as ServerAnswer } from "../../common/page/ask.ts";
import type { Answers } from "./answers.ts";

export interface Company {
  legalName: string;
  businessNumber: string;
  createdAt: string;
}

export interface CompanyPage {
  companies: readonly Company[];
  /** URL of the next page; null on the last one. */
  next: string | null;
}

/** A problem document (RFC 9457), which explains why a request failed. */
export interface Problem {
  title?: string;
  detail?: string;
  /** URL of the company that already has the number. */
  company?: string;
  /** All invalid values. */
  errors?: readonly Fault[];
}

/** An invalid value; it has a `pointer` if it is in the body. */
export interface Fault {
  pointer?: string;
  detail: string;
  mustBe: string;
}

export interface Answer extends ServerAnswer {
  /** Milliseconds to wait before a retry, from `Retry-After`. */
  retryAfterMs: number | undefined;
  /** Undefined after a success, and if something else than the registry answered. */
  problem: Problem | undefined;
}

/** A request, with its label in the log. */
export interface Question extends RequestInit {
  label: string;
  path: string;
}

export function isCompany(body: unknown): body is Company {
  return isObject(body) && "legalName" in body && "businessNumber" in body && "createdAt" in body;
}

export function isCompanyPage(body: unknown): body is CompanyPage {
  return isObject(body) && "companies" in body && "next" in body;
}

/** Sends a request and logs which replica answered; undefined if there is no response. */
export async function ask(
  { label, path, ...init }: Question,
  answers: Answers,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  const began = performance.now();
  const response = await askServer(path, { ...init, signal });
  if (response === undefined) {
    return undefined;
  }
  const answer = read(response);
  answers.add(label, answer, Math.round(performance.now() - began));
  return answer;
}

function read(answer: ServerAnswer): Answer {
  const { headers, body } = answer;
  const isProblem = headers.get("Content-Type")?.startsWith("application/problem+json") === true;
  return {
    ...answer,
    retryAfterMs: milliseconds(headers.get("Retry-After")),
    problem: isProblem && isObject(body) ? body : undefined,
  };
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
