import { AmbiguousKeyError } from "../../app/contract/ambiguousKey.ts";
import { hasKeyInBody, requestKey } from "../../app/contract/requestKey.ts";
import { HttpRefusal } from "./httpMessage.ts";

/**
 * Whether the front must read the body to find the key.
 *
 * @throws HttpRefusal if the key is ambiguous
 */
export function isBodyNeeded(...request: Parameters<typeof hasKeyInBody>): boolean {
  return refusingAmbiguous(() => hasKeyInBody(...request));
}

/**
 * The key by which the front chooses a replica.
 *
 * @throws HttpRefusal if it is ambiguous, because not every app checks
 */
export function frontKey(...request: Parameters<typeof requestKey>): string | undefined {
  return refusingAmbiguous(() => requestKey(...request));
}

function refusingAmbiguous<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof AmbiguousKeyError ? new HttpRefusal(400, error.message) : error;
  }
}
