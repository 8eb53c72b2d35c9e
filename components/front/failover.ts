/** Roles of two load balancers with one DNS name: clients get the second one only while the first one has no healthy target. */
export const FAILOVER_ROLES = ["primary", "secondary"] as const;

export type FailoverRole = (typeof FAILOVER_ROLES)[number];
