/**
 * Name of the role, and of the database, that a workload has to itself. No workload's name can collide with one of PostgreSQL, of
 * RDS or of the built-in apps.
 */
export function workloadRole(workload: string): string {
  return `workload-${workload}`;
}
