/** Roles of two load balancers with one DNS name: clients get the secondary one while the primary one has no healthy target. */
export const FAILOVER_ROLES = ["primary", "secondary"] as const;

/** One of these roles. */
export type FailoverRole = (typeof FAILOVER_ROLES)[number];
