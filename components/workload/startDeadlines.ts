/** Seconds in which pods start on Fargate, 60 to 90 each and some more until a load balancer sends to them; who has not will not. */
export const START_SECONDS = 600;

/** The same where the load balancer that their readiness waits for is still being made, which takes AWS some minutes. */
export const FIRST_START_SECONDS = 900;
