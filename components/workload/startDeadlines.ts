/** Seconds after which a pod that has not started will not: on Fargate it takes 60 to 90, and some more to pass health checks. */
export const START_SECONDS = 600;

/** The same when the load balancer that pods wait for is still being created, which takes AWS some minutes. */
export const FIRST_START_SECONDS = 900;
