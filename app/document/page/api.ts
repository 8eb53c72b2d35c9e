import { ask, isObject, type Answer } from "../../common/page/ask.ts";
import { sentence } from "../../common/page/words.ts";

/** A document, without what is in it. */
export interface DocumentSummary {
  id: string;
  title: string;
  updatedAt: string;
}

export interface DocumentPage {
  documents: readonly DocumentSummary[];
  /** Where the next page is; null after the last. */
  next: string | null;
}

/** A state of a document that is kept. */
export interface Version {
  id: string;
  createdAt: string;
  /** None where it was kept without anybody's asking. */
  title: string | null;
}

/** Sends JSON. */
export function post(path: string, body: unknown): Promise<Answer | undefined> {
  const headers = { "Content-Type": "application/json" };
  return ask(path, { method: "POST", headers, body: JSON.stringify(body) });
}

/** Why it was not done, in plain words. */
export function refusalOf(answer: Answer | undefined): string {
  if (answer === undefined) {
    return "The server does not answer.";
  }
  const { status, body } = answer;
  if (status === 429) {
    return "The server has too much to do.";
  }
  // Others that say 503, such as a load balancer without a replica, know nothing of problem documents.
  if (status >= 500) {
    return isObject(body) ? "The server cannot reach its database." : "The server does not answer.";
  }
  const detail = isObject(body) && "detail" in body ? body.detail : undefined;
  return typeof detail === "string"
    ? sentence(detail)
    : `The server answers with status ${status}.`;
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
