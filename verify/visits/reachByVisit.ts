import { redirectFix, statusText } from "../failure.ts";
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
    return visit.replica !== "" || options.replica.from === "none"
      ? undefined
      : unnamed(options, ` (status ${statusText(visit)})`, redirectFix(visit));
  } catch (error) {
    return await unreached(options, error);
  }
}
