import { ask as askServer, isObject, type Answer as ServerAnswer } from "../../common/page/ask.ts";
import type { Answers } from "./answers.ts";

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
  mustBe: string;
}

export interface Answer extends ServerAnswer {
  /** Milliseconds to wait before asking again, if told. */
  retryAfterMs: number | undefined;
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
  const began = performance.now();
  const told = await askServer(path, { ...init, signal });
  if (told === undefined) {
    return undefined;
  }
  const answer = read(told);
  answers.add(says, answer, Math.round(performance.now() - began));
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
