import { z } from "zod";
import { normaliseIdentifier } from "../contract/keyRoute.ts";
import { pageLimit } from "../common/http/paging.ts";
import { problemSchema } from "../common/http/problem.ts";
import { emptyAsMissing, requestRules } from "../common/http/requestRule.ts";
import { textLine } from "../common/http/textLine.ts";

/** Most characters of a business number as written, including spaces and hyphens. */
const MAX_WRITTEN = 100;

const BUSINESS_NUMBER = {
  mustBe: "2 to 32 letters A to Z and digits, in any case, with spaces and hyphens anywhere",
  example: "HRB 123-45",
};

const LEGAL_NAME = { minLength: 1, maxLength: 200, example: "Muster Handels GmbH" } as const;

/** A business number in any spelling, parsed to the canonical one. */
function businessNumber() {
  return z
    .string()
    .max(MAX_WRITTEN)
    .regex(/^[ -]*(?:[0-9A-Za-z][ -]*){2,32}$/)
    .overwrite(normaliseIdentifier)
    .meta({ description: BUSINESS_NUMBER.mustBe, examples: [BUSINESS_NUMBER.example] });
}

function numberRule(name: string) {
  return { name, ...BUSINESS_NUMBER, wrong: /[^0-9A-Za-z -]/u };
}

/** The body of `POST /companies`. */
export const newCompany = z
  .object({
    legalName: textLine("legalName", LEGAL_NAME),
    businessNumber: businessNumber().register(requestRules, numberRule("businessNumber")),
  })
  .register(requestRules, {
    name: "the body",
    mustBe: "a JSON object with legalName and businessNumber",
    example: JSON.stringify({
      legalName: LEGAL_NAME.example,
      businessNumber: BUSINESS_NUMBER.example,
    }),
  });

/** The headers of `POST /companies`. */
export const creationHeaders = z.looseObject({
  "idempotency-key": z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/)
    .optional()
    .describe(
      "A new key for each creation, sent again with each retry: within 24 hours a retry gets the response to the first " +
        "request, so a client can retry safely after a lost response",
    )
    .register(requestRules, {
      name: "Idempotency-Key",
      mustBe: "1 to 255 visible ASCII characters",
      example: "3f1f7a0e-7d4b-4a53-9d55-0b1f2b1f9a11",
    }),
});

/** The path of a company. */
export const companyPath = z.object({
  businessNumber: businessNumber().register(requestRules, numberRule("businessNumber")),
});

/** The query of `GET /companies`; an empty parameter counts as missing. */
export const pageQuery = z.object({
  after: z
    .preprocess(emptyAsMissing, businessNumber().optional())
    .describe(
      "Lists the companies after this business number, which need not exist; all by default",
    )
    .register(requestRules, numberRule("after")),
  limit: pageLimit,
});

export const company = z
  .object({
    legalName: z.string().meta({ examples: [LEGAL_NAME.example] }),
    businessNumber: z
      .string()
      .regex(/^[0-9A-Z]{2,32}$/)
      .meta({
        description: "Canonical: without spaces and hyphens, in upper case",
        examples: [normaliseIdentifier(BUSINESS_NUMBER.example)],
      }),
    createdAt: z.string().meta({ format: "date-time" }),
  })
  .meta({ id: "Company" });

/** A page of companies, in the order of their business numbers. */
export const companyPage = z
  .object({
    companies: z.array(company),
    next: z.string().nullable().describe("URL of the next page; null on the last page"),
  })
  .meta({ id: "CompanyPage" });

/** The problem of a number that exists. */
export const companyExists = problemSchema
  .extend({ company: z.string().describe("URL of the company with this number") })
  .meta({ id: "CompanyExists" });
