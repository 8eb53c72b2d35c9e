import { normaliseIdentifier } from "../../contract/keyRoute.ts";

/** The characters of a business number, in their order. */
const CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

const MIN_LENGTH = 2;
const MAX_LENGTH = 32;

/** Spaces and dashes of all kinds, and what nobody can see: they come along when a number is copied from elsewhere. */
const AROUND = /[\p{White_Space}\p{Dash}\p{DI}]/gu;

/** What somebody types or pastes, without them; of all these the registry takes only `-` and the space. */
export function plainNumber(text: string): string {
  return text.replaceAll(AROUND, "");
}

/** The canonical form of what somebody types; empty while that is no number nor the beginning of one. */
export function canonicalNumber(text: string): string {
  const plain = plainNumber(text);
  return /^[0-9A-Za-z]*$/.test(plain) ? normaliseIdentifier(plain) : "";
}

/** The canonical form, or the beginning of one, of what somebody types; without what a number cannot have. */
export function typedNumber(text: string): string {
  return normaliseIdentifier(text)
    .replaceAll(/[^0-9A-Z]/g, "")
    .slice(0, MAX_LENGTH);
}

/** The last number that comes before all that are equal to `start` or follow it; empty if there is none. */
export function numberBefore(start: string): string {
  const rest = start.slice(0, -1);
  const last = CHARACTERS.indexOf(start.slice(-1));
  if (last > 0) {
    return (rest + CHARACTERS.charAt(last - 1)).padEnd(MAX_LENGTH, CHARACTERS.slice(-1));
  }
  return rest.length < MIN_LENGTH && rest !== "" ? numberBefore(rest) : rest;
}
