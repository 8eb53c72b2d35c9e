import { normaliseIdentifier } from "../../contract/keyRoute.ts";

/** The characters of a business number, in their order. */
const CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

const MIN_LENGTH = 2;
const MAX_LENGTH = 32;

/** Spaces, dashes and invisible characters of all kinds, which numbers that are copied from elsewhere may contain. */
const SEPARATORS = /[\p{White_Space}\p{Dash}\p{DI}]/gu;

/** Removes separators from a typed or pasted number; the registry itself accepts only `-` and the space. */
export function plainNumber(text: string): string {
  return text.replaceAll(SEPARATORS, "");
}

/** The canonical form of a number as it is typed; empty if it has characters that a number cannot have. */
export function canonicalNumber(text: string): string {
  const plain = plainNumber(text);
  return /^[0-9A-Za-z]*$/.test(plain) ? normaliseIdentifier(plain) : "";
}

/** The canonical form of a number, or the beginning of one, as it is typed, without characters that it cannot have. */
export function typedNumber(text: string): string {
  return normaliseIdentifier(text)
    .replaceAll(/[^0-9A-Z]/g, "")
    .slice(0, MAX_LENGTH);
}

/** The last number before `start`; empty if there is none. */
export function numberBefore(start: string): string {
  const rest = start.slice(0, -1);
  const last = CHARACTERS.indexOf(start.slice(-1));
  if (last > 0) {
    return (rest + CHARACTERS.charAt(last - 1)).padEnd(MAX_LENGTH, CHARACTERS.slice(-1));
  }
  return rest.length < MIN_LENGTH && rest !== "" ? numberBefore(rest) : rest;
}
