import type { PodArgs } from "../../components/workload/podSpec.ts";

/** A pod of a server that drains itself. */
export const POD: PodArgs = {
  image: "registry.example/chat@sha256:1",
  port: 8080,
  readinessPath: "/readyz",
  livenessPath: "/healthz",
  environment: { APP: "echo" },
  secretNames: [],
  user: 1000,
  writableFolders: [],
  size: { cpuMillicores: 500, memoryMiB: 1024 },
  drainSeconds: 200,
  shutdown: "drains",
};
