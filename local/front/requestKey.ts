import { AmbiguousKeyError } from "../../app/contract/ambiguousKey.ts";
import { hasKeyInBody, requestKey } from "../../app/contract/requestKey.ts";

/** Whether the front must read the body to find the key. */
export function isBodyNeeded(...request: Parameters<typeof hasKeyInBody>): boolean {
  return unlessAmbiguous(() => hasKeyInBody(...request)) ?? false;
}

/** The key by which the front chooses a replica. */
export function frontKey(...request: Parameters<typeof requestKey>): string | undefined {
  return unlessAmbiguous(() => requestKey(...request));
}

/** Undefined if a key is ambiguous: every replica refuses the request. */
function unlessAmbiguous<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof AmbiguousKeyError) {
      return undefined;
    }
    throw error;
  }
}
