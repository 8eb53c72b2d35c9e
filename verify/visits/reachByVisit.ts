import { cut } from "../../app/contract/shown.ts";
import { unnamed, unreached, type Obstacle } from "../obstacle.ts";
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
    const { location, replica, status } = await makeVisit(visitor.clientOf(0), visitor.request);
    const to = location === undefined ? "" : `, to ${cut(location)}`;
    return replica !== "" || options.replica.from === "none"
      ? undefined
      : unnamed(options, ` (status ${status}${to})`);
  } catch (error) {
    return unreached(options, error);
  }
}
