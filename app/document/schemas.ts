import { z } from "zod";
import { faultOf, orNone } from "../common/faults.ts";
import { textLine } from "../common/textLine.ts";
import { MAX_TITLE } from "./library.ts";

const TITLE = { maxLength: MAX_TITLE, example: "Minutes" };

const ID = {
  allowed: "the id of a document",
  example: "0d8a9c2e-55a2-4c63-9c0e-1f1a6d2f7b3c",
};

/** Ids as the server makes them: in lower case, for a load balancer compares them letter by letter. */
const DOCUMENT_ID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Whether a text has the form of a document's id. */
export function isDocumentId(text: string): boolean {
  return DOCUMENT_ID.test(text);
}

/** What `POST /documents` takes. */
export const newDocument = z.object(
  { title: textLine("title", { ...TITLE, minLength: 0 }).default("") },
  faultOf("the body", "a JSON object with title, or without", '{"title":"Minutes"}'),
);

/** What `POST /documents/:id/versions` takes. */
export const newVersion = z.object(
  { title: textLine("title", { ...TITLE, minLength: 1 }) },
  faultOf("the body", "a JSON object with title", '{"title":"Minutes"}'),
);

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;
const limitFault = faultOf("limit", `a whole number from 1 to ${MAX_LIMIT}`, String(DEFAULT_LIMIT));

/** The query of `GET /documents`; an empty parameter is none. */
export const pageQuery = z.object({
  after: z.preprocess(
    orNone,
    z
      .string()
      .regex(DOCUMENT_ID, faultOf("after", ID.allowed, ID.example))
      .optional(),
  ),
  limit: z.preprocess(
    (text) => (/^\d+$/.test(String(text)) ? Number(text) : orNone(text)),
    z.int(limitFault).min(1, limitFault).max(MAX_LIMIT, limitFault).default(DEFAULT_LIMIT),
  ),
});

/** The path of a document. */
export const documentPath = z.object({ id: z.string() });

/** The path of a version. */
export const versionPath = z.object({ id: z.string(), version: z.string() });
