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
    const misunderstood =
      visit.replica === "" && visit.status === 400 ? await misunderstanding(options) : undefined;
    if (misunderstood !== undefined) {
      return misunderstood;
    }
    return visit.replica !== "" || options.replica.from === "none"
      ? undefined
      : unnamed(options, ` (status ${statusText(visit)})`, redirectFix(visit));
  } catch (error) {
    return await unreached(options, error);
  }
}
