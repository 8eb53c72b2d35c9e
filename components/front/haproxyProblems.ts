import { STATUS_CODES } from "node:http";
import { REPLICA_LOST, REQUEST_PROBLEMS } from "../../app/contract/requestProblems.ts";

/** Details of the problem documents (RFC 9457) that routers send, by status. */
const PROBLEMS = {
  ...REQUEST_PROBLEMS,
  500: "the request failed; the reason is in the router log",
  502: REPLICA_LOST,
  503: "no replica is ready, and none has received the request; repeat it in 5 s",
  504: "the replica timed out; it may still carry out the request",
} as const;

type ProblemStatus = keyof typeof PROBLEMS;

/** Those that HAProxy itself sends, without a rule. */
const ERRORS: readonly ProblemStatus[] = [400, 408, 500, 502, 503, 504];

/** The responses for errors that HAProxy itself detects. */
export function errors(): string[] {
  return ERRORS.map((status) => {
    const retryAfter = status === 503 ? " hdr Retry-After 5" : "";
    return `http-error status ${status} ${problem(status)}${retryAfter}`;
  });
}

/** @param detail @default - that of the status */
export function refusal(status: ProblemStatus, detail?: string): string {
  return `return status ${status} ${problem(status, detail)}`;
}

function problem(status: ProblemStatus, detail: string = PROBLEMS[status]): string {
  const title = STATUS_CODES[status];
  const body = { type: "about:blank", title, status, detail };
  return `content-type application/problem+json string '${JSON.stringify(body)}'`;
}
