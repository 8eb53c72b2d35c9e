import { Counter, type Registry } from "prom-client";

export type CompanyMetrics = ReturnType<typeof createCompanyMetrics>;

/** The metrics of the registry for Prometheus: creations by outcome. */
export function createCompanyMetrics(registry: Registry) {
  const registers = [registry];
  const counter = (name: string, help: string): Counter => new Counter({ name, help, registers });
  return {
    creations: {
      created: counter("companies_created_total", "Companies that were created"),
      refusedEarly: counter(
        "companies_refused_early_total",
        "Creations of an existing number, rejected before the insert",
      ),
      constraintViolation: counter(
        "companies_constraint_violations_total",
        "Creations of an existing number, rejected by PostgreSQL's constraint",
      ),
      replayed: counter(
        "companies_replayed_total",
        "Creations that were repeated with their idempotency key",
      ),
      keyReused: counter(
        "companies_keys_reused_total",
        "Creations whose idempotency key belongs to a different request",
      ),
    },
  };
}
