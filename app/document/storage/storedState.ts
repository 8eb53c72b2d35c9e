import { Content } from "../content/content.ts";
import { partsOf, type UpdateStore, type NumberedState } from "./updateStore.ts";
import type { Scheduler } from "../content/scheduler.ts";

/**
 * Reads the state of a document from PostgreSQL; undefined if there is no such document.
 *
 * @throws TooCostlyError when it takes too long to open
 */
export async function storedState(
  store: UpdateStore,
  scheduler: Scheduler,
  id: string,
): Promise<NumberedState | undefined> {
  const stored = await store.read(id);
  if (stored === undefined) {
    return undefined;
  }
  const { number, updates } = partsOf(stored);
  const content = new Content(scheduler);
  await content.integrate(updates, (error) => {
    throw error;
  });
  return { number, state: await content.encode() };
}
