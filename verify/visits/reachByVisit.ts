import { wrongStatus } from "../failure.ts";
import { misunderstanding, unnamed, unreached, type Obstacle } from "../obstacle.ts";
import type { VerifyOptions } from "../options.ts";
import type { MakeVisit } from "./visit.ts";
import { createVisitors } from "./visitors.ts";

/** Requires a response that names its replica: its status does not show which one answered. */
export async function reachByVisit(
  makeVisit: MakeVisit,
  options: VerifyOptions,
): Promise<Obstacle | undefined> {
  const [visitor] = createVisitors({ ...options, sessions: 1, sources: [] });
  try {
    const visit = await makeVisit(visitor.clientOf(0), visitor.request);
    if (visit.replica === "" && visit.status === 400) {
      const misunderstood = await misunderstanding(options, "it was answered 400");
      if (misunderstood !== undefined) {
        return misunderstood;
      }
    }
    if (visit.replica !== "" || options.replica.from === "none") {
      return undefined;
    }
    return isRejected(visit.status)
      ? await unreached(
          options,
          wrongStatus(visit, (status) => `it was answered ${status}`),
        )
      : unnamed(options, ` (status ${visit.status})`);
  } catch (error) {
    return await unreached(options, error);
  }
}

/** Whether the app itself has probably not answered: a redirect, a missing login, or an outage. */
function isRejected(status: number): boolean {
  return (status >= 300 && status < 400) || status === 401 || status === 403 || status >= 500;
}
