import { STATUS_CODES } from "node:http";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { z } from "zod";
import { sentenceOf, type Fault } from "../../contract/fault.ts";
import { bodyTooLarge } from "../../contract/requestProblems.ts";
import { requestFault, requestRules, type RequestRule } from "./requestRule.ts";
import { cut, shown } from "../../contract/shown.ts";

/** Longest random `Retry-After`, in seconds, so clients that failed together do not all retry together. */
const MAX_RETRY_SECONDS = 5;

/** Media type of a problem document. */
export const PROBLEM_TYPE = "application/problem+json";

/** A problem document (https://www.rfc-editor.org/rfc/rfc9457). */
export const problemSchema = z
  .object({
    type: z.string().describe("Kind of problem, as a URI; about:blank if the status says it all"),
    title: z.string().describe("Kind of problem, in words"),
    status: z.int().min(400).max(599).describe("Status of the response"),
    detail: z.string().describe("What is wrong with this request, and how to fix it"),
    errors: z
      .array(
        z.object({
          pointer: z.string().optional().describe("JSON Pointer to the invalid member of the body"),
          parameter: z.string().optional().describe("Invalid parameter of the path or query"),
          header: z.string().optional().describe("Invalid header"),
          detail: z.string().describe("The value, what it must be, and an example"),
          mustBe: z.string().describe("What the value must be"),
        }),
      )
      .optional()
      .describe("All invalid values of the request"),
  })
  .meta({ id: "Problem" });

/** The parts of a problem document beside its status. */
interface ProblemParts {
  detail: string;
  /** Machine-readable name of the kind. @default - the status says it all */
  kind?: string;
  title?: string;
  /** Extension members of the document. */
  members?: Record<string, unknown>;
  headers?: Record<string, string>;
}

/** An error that is answered with a problem document. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  readonly parts: ProblemParts;

  constructor(status: number, parts: ProblemParts) {
    super(parts.detail);
    this.status = status;
    this.parts = parts;
  }
}

/** A transient failure: the same request may succeed in a moment. Answered with 503. */
export class UnavailableError extends Error {
  override readonly name = "UnavailableError";
}

/** Answers errors and unknown URLs with problem documents. */
export function addProblems(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      new Problem(404, { detail: `there is nothing at ${request.method} ${cut(request.url)}` }),
      request,
      reply,
    ),
  );
}

/** Answers an error with a problem document; internal details go only to the log. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { status, parts } = problemOf(error, request);
  const { kind, title, detail, members, headers = {} } = parts;
  void reply
    .code(status)
    .headers(headers)
    .type(PROBLEM_TYPE)
    .send({
      type: kind === undefined ? "about:blank" : `urn:problem-type:${kind}`,
      title: title ?? STATUS_CODES[status],
      status,
      detail,
      ...members,
    });
}

function problemOf(error: unknown, request: FastifyRequest): Problem {
  if (error instanceof Problem) {
    return error;
  }
  if (error instanceof UnavailableError) {
    request.log.warn({ reason: error.message }, "unavailable");
    return unavailable();
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    return faultyRequest(error, request);
  }
  const { statusCode = 500, code } = error as Partial<FastifyError>;
  if (statusCode === 415) {
    return mediaTypeProblem(request);
  }
  if (statusCode >= 400 && statusCode < 500) {
    return new Problem(statusCode, { detail: detailOf(error as FastifyError, request) });
  }
  // Omits the other members, because errors of PostgreSQL contain rows.
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  request.log.error({ error: { name, message, code, stack } }, "request failed");
  return new Problem(500, { detail: "the request failed; the reason is in the server log" });
}

/** The problem of a body that is not JSON in UTF-8. */
export function mediaTypeProblem({ headers }: FastifyRequest): Problem {
  const { "content-type": type } = headers;
  const got = type === undefined ? "not set" : shown(type);
  const detail = `Content-Type is ${got}; it must be application/json in UTF-8`;
  return new Problem(415, { detail });
}

function unavailable(): Problem {
  const seconds = 1 + Math.floor(Math.random() * MAX_RETRY_SECONDS);
  return new Problem(503, {
    kind: "unavailable",
    title: "Temporarily unavailable",
    detail: `the database is temporarily unavailable; repeat the same request in ${seconds} s`,
    headers: { "Retry-After": String(seconds) },
  });
}

/** The problem of all faults in a request: 422, or 400 for headers, which are a matter of HTTP. */
function faultyRequest(
  { validation = [], validationContext = "body" }: FastifyError,
  request: FastifyRequest,
): Problem {
  const isHeader = validationContext === "headers";
  // A value may violate its schema in several ways.
  const names = new Set(validation.map(({ instancePath }) => instancePath.slice(1)));
  const errors = [...names].map((name) => {
    const fault = faultIn(request, validationContext, name);
    const texts = { detail: sentenceOf(fault), mustBe: fault.mustBe };
    if (validationContext === "body") {
      return { pointer: name === "" ? "#" : `#/${name}`, ...texts };
    }
    return isHeader ? { header: name, ...texts } : { parameter: name, ...texts };
  });
  return new Problem(isHeader ? 400 : 422, {
    kind: "faulty-request",
    title: "Invalid request",
    detail: errors.map((each) => each.detail).join("\n"),
    members: { errors },
  });
}

/** Describes the fault of a value by the rule of its schema; an empty name means the whole part. */
function faultIn(
  request: FastifyRequest,
  part: "body" | "querystring" | "params" | "headers",
  name: string,
): Fault {
  const whole = request.routeOptions.schema?.[part] as z.ZodObject;
  const values = request[part === "querystring" ? "query" : part] as Record<string, unknown> | null;
  const member = whole.shape[name] as z.ZodType | undefined;
  const schema = member instanceof z.ZodDefault ? (member.unwrap() as z.ZodType) : member;
  const rule = requestRules.get(schema ?? whole) as RequestRule | undefined;
  const got = schema === undefined ? values : values?.[name];
  return requestFault(rule ?? { name, mustBe: "as the API description defines it" }, got);
}

function detailOf({ code, message }: FastifyError, { routeOptions }: FastifyRequest): string {
  return code === "FST_ERR_CTP_BODY_TOO_LARGE" ? bodyTooLarge(routeOptions.bodyLimit) : message;
}
