import { ask, isObject, type Answer } from "../../common/page/ask.ts";
import { sentence } from "../../common/page/words.ts";

/** A document without its content. */
export interface DocumentSummary {
  id: string;
  title: string;
  updatedAt: string;
}

export interface DocumentPage {
  documents: readonly DocumentSummary[];
  /** URL of the next page; null on the last one. */
  next: string | null;
}

/** A saved version of a document. */
export interface Version {
  id: string;
  createdAt: string;
  /** Null if it was saved automatically. */
  title: string | null;
}

/** Sends a POST request with JSON. */
export function post(path: string, body: unknown): Promise<Answer | undefined> {
  const headers = { "Content-Type": "application/json" };
  return ask(path, { method: "POST", headers, body: JSON.stringify(body) });
}

/** Why a request failed, in plain words. */
export function refusalOf(answer: Answer | undefined): string {
  if (answer === undefined) {
    return "The server is not responding.";
  }
  const { status, body } = answer;
  if (status === 429) {
    return "The server is busy.";
  }
  // A 503 without a problem document comes from something else, such as a load balancer without a replica.
  if (status >= 500) {
    return isObject(body)
      ? "The server cannot reach its database."
      : "The server is not responding.";
  }
  const detail = isObject(body) && "detail" in body ? body.detail : undefined;
  return typeof detail === "string"
    ? sentence(detail)
    : `The server responded with status ${status}.`;
}

export function isDocument(body: unknown): body is DocumentSummary {
  return isObject(body) && "id" in body && "title" in body && "updatedAt" in body;
}

export function isDocumentPage(body: unknown): body is DocumentPage {
  return isObject(body) && "documents" in body && "next" in body;
}

export function isVersion(body: unknown): body is Version {
  return isObject(body) && "id" in body && "createdAt" in body;
}

export function isVersionList(body: unknown): body is { versions: readonly Version[] } {
  return isObject(body) && "versions" in body;
}
