import { Counter, type Registry } from "prom-client";

export type CompanyMetrics = ReturnType<typeof createCompanyMetrics>;

/** What the registry counts, for Prometheus; creations by what became of them. */
export function createCompanyMetrics(registry: Registry) {
  const registers = [registry];
  const counter = (name: string, help: string): Counter => new Counter({ name, help, registers });
  return {
    creations: {
      created: counter("companies_created_total", "Companies that were created"),
      refusedEarly: counter(
        "companies_refused_early_total",
        "Creations of a number that exists, refused before PostgreSQL had to",
      ),
      constraintViolation: counter(
        "companies_constraint_violations_total",
        "Creations of a number that exists, refused by PostgreSQL's constraint",
      ),
      replayed: counter(
        "companies_replayed_total",
        "Creations that were asked for again, with their idempotency key",
      ),
      keyReused: counter(
        "companies_keys_reused_total",
        "Creations whose idempotency key came with another request before",
      ),
    },
  };
}
