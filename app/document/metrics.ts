import { Counter, Gauge, Histogram, type Registry } from "prom-client";

const COMMIT_BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5, 10];
const OPEN_BUCKETS_SECONDS = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

export type DocumentMetrics = ReturnType<typeof createDocumentMetrics>;

/**
 * Creates the metrics of the document collaborator.
 *
 * @param now the current values of its gauges
 */
export function createDocumentMetrics(
  registry: Registry,
  now: { documents: () => number; connections: () => number },
) {
  const registers = [registry];
  const gauge = (name: string, help: string, value: () => number): Gauge =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  const counter = (name: string, help: string): Counter => new Counter({ name, help, registers });
  const seconds = (name: string, help: string, buckets: number[]): Histogram =>
    new Histogram({ name, help, buckets, registers });
  gauge("documents_loaded", "Documents that are in memory", now.documents);
  gauge("document_connections", "Editors that are connected", now.connections);
  return {
    saved: counter("document_updates_saved_total", "Updates that were committed"),
    hops: counter("document_hops_total", "Updates that came from another replica"),
    read: counter("document_updates_read_total", "Updates that were read to open documents"),
    compactions: counter("document_compactions_total", "Snapshots that were written"),
    renewals: counter("document_renewals_total", "Documents that were renewed, to open fast"),
    versions: counter("document_versions_total", "Versions that were kept"),
    jobs: new Counter({
      name: "document_jobs_total",
      help: "Jobs of the process for what may take long",
      labelNames: ["job"],
      registers,
    }),
    refused: new Counter({
      name: "document_refused_total",
      help: "Connections and updates that were refused",
      labelNames: ["reason"],
      registers,
    }),
    commit: seconds(
      "document_commit_seconds",
      "Time from an update's arrival until it was committed",
      COMMIT_BUCKETS_SECONDS,
    ),
    open: seconds(
      "document_open_seconds",
      "Time until a document was in memory",
      OPEN_BUCKETS_SECONDS,
    ),
  };
}
