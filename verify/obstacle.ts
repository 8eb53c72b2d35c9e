import type { Fault } from "../app/contract/fault.ts";
import { causeOf, isClosed, isMisunderstood } from "./causes.ts";
import { speaksTls } from "./connector.ts";
import type { VerifyOptions } from "./options.ts";
import { textOf } from "./replicaPlace.ts";
import { withoutPassword } from "./url.ts";
import { printable } from "./words.ts";

/** Why nothing can be verified at a URL. */
export interface Obstacle {
  /** Whether the server responds, but neither its responses nor its protocol show which replica answered. */
  isUnnamed: boolean;
  fault: Fault;
}

/** The obstacle of a URL whose responses do not name the replica, although they must. */
export function unnamed(
  { replica, url }: VerifyOptions,
  details: string,
  fix = "pass --replica if they do it elsewhere (for example --replica json:replica)",
): Obstacle {
  return {
    isUnnamed: true,
    fault: {
      name: withoutPassword(url),
      problem: `does not name its replica by ${textOf(replica)}${details}`,
      mustBe: "a URL whose responses name the replica",
      fix,
    },
  };
}

/**
 * The obstacle of a URL at which no server of the kind responds.
 *
 * @param fault what the kind requires of the URL
 */
export async function unreached(
  options: VerifyOptions,
  error: unknown,
  fault: Pick<Fault, "name" | "mustBe" | "example"> = {
    name: withoutPassword(options.url),
    mustBe: `the URL of a server of kind ${options.kind}`,
  },
): Promise<Obstacle> {
  const { fix = adviceOn(options, error), ...cause } = causeOf(error);
  const words = printable(cause.words);
  const misunderstood = isMisunderstood(error) ? await misunderstanding(options, words) : undefined;
  return (
    misunderstood ?? {
      isUnnamed: false,
      fault: { ...fault, problem: `cannot be verified: ${words}`, fix },
    }
  );
}

/** A proxy that expects a PROXY protocol header closes connections without one. */
function adviceOn({ proxyProtocol }: VerifyOptions, error: unknown): string | undefined {
  return !proxyProtocol && isClosed(error)
    ? "pass --proxy-protocol if a PROXY protocol header is expected"
    : undefined;
}

/**
 * The obstacle of a URL whose server does not understand how connections begin; undefined if it is not known.
 *
 * @param words what the server does
 */
export async function misunderstanding(
  { proxyProtocol, url }: VerifyOptions,
  words: string,
): Promise<Obstacle | undefined> {
  if (proxyProtocol) {
    return {
      isUnnamed: false,
      fault: {
        name: withoutPassword(url),
        problem: `cannot be verified with a PROXY protocol header: ${words}`,
        mustBe: "the URL of a proxy that expects the header",
        fix: "omit --proxy-protocol",
      },
    };
  }
  const secure = url.replace(/^(http|ws):/, "$1s:");
  return secure !== url && (await speaksTls(secure))
    ? {
        isUnnamed: false,
        fault: {
          name: withoutPassword(url),
          problem: "cannot be verified: the server speaks TLS",
          mustBe: `one that starts with ${new URL(secure).protocol}`,
          example: secure,
        },
      }
    : undefined;
}
