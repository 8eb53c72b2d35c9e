import { cut } from "../app/contract/shown.ts";
import { Failure } from "./failure.ts";

/** Why there is no valid response. */
export interface Cause {
  /** A clause, such as `nothing listens there (connect ECONNREFUSED 127.0.0.1:9)`. */
  words: string;
  /** What to do about it, as an imperative; undefined if it is not known. */
  fix?: string | undefined;
}

const CLOSED = "the connection was closed or reset";
const UNROUTABLE = "no route leads there";
const LATE = "the connection was not accepted in time";

/** By the codes of Node.js and ws. */
const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "the name does not exist",
  EAI_AGAIN: "the name cannot be resolved now",
  EHOSTUNREACH: UNROUTABLE,
  ENETUNREACH: UNROUTABLE,
  ETIMEDOUT: LATE,
  EADDRNOTAVAIL: "this computer has no port left, or not that address",
  EMFILE: "this computer has no file descriptor left (ulimit -n)",
  ECONNRESET: CLOSED,
  EPIPE: CLOSED,
  ERR_STREAM_PREMATURE_CLOSE: "the response broke off",
  HPE_HEADER_OVERFLOW: "the headers of the response are longer than 16 KiB",
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: "a message is too long",
};

const OTHER_CHAIN =
  "set NODE_EXTRA_CA_CERTS to the file of your own authority, or have the server send its intermediate certificates";

/** What to do about certificates, by the codes of Node.js and OpenSSL. */
const CERTIFICATES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "renew the certificate",
  CERT_NOT_YET_VALID: "correct the clock of this computer, or renew the certificate",
  CERT_REVOKED: "renew the certificate",
  CERT_UNTRUSTED: OTHER_CHAIN,
  DEPTH_ZERO_SELF_SIGNED_CERT: OTHER_CHAIN,
  SELF_SIGNED_CERT_IN_CHAIN: OTHER_CHAIN,
  UNABLE_TO_GET_ISSUER_CERT: OTHER_CHAIN,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: OTHER_CHAIN,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: OTHER_CHAIN,
  ERR_TLS_CERT_ALTNAME_INVALID: "verify a URL with a name that the certificate has",
};

/** Codes of a TLS handshake that is answered in plain text. */
const NO_TLS: readonly string[] = [
  "ERR_SSL_WRONG_VERSION_NUMBER",
  "ERR_SSL_PACKET_LENGTH_TOO_LONG",
];

/** Why a request failed. */
export function causeOf(error: unknown): Cause {
  if (error instanceof Failure) {
    return { words: error.message, fix: error.fix };
  }
  const code = codeOf(error);
  const { message } = error as Error;
  const renew = CERTIFICATES[code];
  if (renew !== undefined) {
    // Node.js appends advice.
    const [reason = ""] = message.split(";");
    return { words: `the certificate is not trusted (${cut(reason)})`, fix: renew };
  }
  if (NO_TLS.includes(code)) {
    return { words: `the server does not speak TLS (${code})`, fix: "verify it without TLS" };
  }
  if (code.startsWith("ERR_SSL_")) {
    return { words: `the TLS handshake failed (${code})` };
  }
  const words = CAUSES[code];
  if (isNoHttp(code) && words === undefined) {
    return { words: `the response is not HTTP (${code})` };
  }
  return {
    words: words === undefined ? detailOf(code, message) : `${words} (${detailOf(code, message)})`,
  };
}

/** Message and code, at least one of which is present; the errors of several addresses have no message. */
function detailOf(code: string, message: string): string {
  const isComplete = message.includes(code);
  return cut(isComplete ? message : [message, code].filter((part) => part !== "").join(", "));
}

/** Whether a server may not understand how a connection begins: it closes it, or answers 400 or in another protocol. */
export function isMisunderstood(error: unknown): boolean {
  const code = codeOf(error);
  return (
    isClosed(error) ||
    isNoHttp(code) ||
    code.startsWith("ERR_SSL_") ||
    (error instanceof Failure && error.status === 400)
  );
}

/** Whether a connection was closed or reset. */
export function isClosed(error: unknown): boolean {
  return CAUSES[codeOf(error)] === CLOSED;
}

/** Whether the certificate caused the failure. */
export function isOfCertificate(error: unknown): boolean {
  return Object.hasOwn(CERTIFICATES, codeOf(error));
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "";
}

/** Whether the parser of Node.js does not accept a response. */
function isNoHttp(code: string): boolean {
  return code.startsWith("HPE_");
}
