import { oneOf, wholeNumberFrom } from "./app/common/settings.ts";

/** How a load balancer chooses a replica for a connection. */
export const AFFINITIES = ["source-ip", "none"] as const;
export type Affinity = (typeof AFFINITIES)[number];

/** Settings of a stack that the local run and the deployment share. */
export const SHARED_RULES = {
  replicas: wholeNumberFrom(1, 100, 3),
  affinity: oneOf(AFFINITIES),
  drainSeconds: wholeNumberFrom(0, 3600, 150),
};
