import { z } from "zod";
import { pageLimit } from "../../common/http/paging.ts";
import { emptyAsMissing, requestRules } from "../../common/http/requestRule.ts";
import { textLine } from "../../common/http/textLine.ts";
import { MAX_TITLE } from "../content/title.ts";

const TITLE = { maxLength: MAX_TITLE, example: "Minutes" };

/** Ids as the server creates them: in lower case, because load balancers compare paths case-sensitively. */
const DOCUMENT_ID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Whether a text has the form of a document's id. */
export function isDocumentId(text: string): boolean {
  return DOCUMENT_ID.test(text);
}

/** The body of `POST /documents`. */
export const newDocument = z
  .object({ title: textLine("title", { ...TITLE, minLength: 0 }).default("") })
  .register(requestRules, {
    name: "the body",
    mustBe: "a JSON object with or without title",
    example: '{"title":"Minutes"}',
  });

/** The body of `POST /documents/:id/versions`. */
export const newVersion = z
  .object({ title: textLine("title", { ...TITLE, minLength: 1 }) })
  .register(requestRules, {
    name: "the body",
    mustBe: "a JSON object with title",
    example: '{"title":"Minutes"}',
  });

/** The query of `GET /documents`; an empty parameter counts as missing. */
export const pageQuery = z.object({
  after: z
    .preprocess(emptyAsMissing, z.string().regex(DOCUMENT_ID).optional())
    .register(requestRules, {
      name: "after",
      mustBe: "the id of a document",
      example: "0d8a9c2e-55a2-4c63-9c0e-1f1a6d2f7b3c",
    }),
  limit: pageLimit,
});

/** The path of a document. */
export const documentPath = z.object({ id: z.string() });

/** The path of a version. */
export const versionPath = z.object({ id: z.string(), version: z.string() });
