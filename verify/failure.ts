import { cut } from "../app/contract/shown.ts";

interface FailureOptions {
  /** What to do about it, as an imperative. @default - it is not known */
  fix?: string | undefined;
  /** The status of the response. @default - there is none, or it is not what is wrong */
  status?: number | undefined;
}

/** A response that is missing, or that is not what the protocol requires. Its message is a clause. */
export class Failure extends Error {
  readonly fix: string | undefined;
  readonly status: number | undefined;

  constructor(message: string, { fix, status }: FailureOptions = {}) {
    super(message);
    this.fix = fix;
    this.status = status;
  }
}

/** The beginning of a response. */
interface Head {
  status: number;
  location: string | undefined;
}

/**
 * The failure of a response whose status is not the right one. Redirects are not followed.
 *
 * @param fix what to do about a status that is no redirect
 */
export function wrongStatus(
  head: Head,
  describe: (status: string) => string,
  fix?: string,
): Failure {
  return new Failure(describe(statusText(head)), {
    fix: redirectFix(head) ?? fix,
    status: head.status,
  });
}

/** A status, with the target of a redirect. */
export function statusText({ status, location }: Head): string {
  return isRedirect(status) && location !== undefined
    ? `${status}, to ${cut(location)}`
    : `${status}`;
}

/** What to do about a redirect; undefined for another status. */
function redirectFix({ status, location }: Head): string | undefined {
  return isRedirect(status) && location !== undefined
    ? "verify the URL that it redirects to"
    : undefined;
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}
