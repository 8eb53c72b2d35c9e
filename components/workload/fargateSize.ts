/** Memory that Fargate keeps of a pod for kubelet, kube-proxy and containerd, in MiB. */
const RESERVED_MIB = 256;

const GIB = 1024;

/**
 * Memory that Fargate offers, in MiB, by vCPU in thousandths.
 *
 * Source: https://docs.aws.amazon.com/eks/latest/userguide/fargate-pod-configuration.html
 */
const MEMORY_MIB: Readonly<Record<number, readonly number[]>> = {
  250: [512, GIB, 2 * GIB],
  500: gib(1, 4, 1),
  1000: gib(2, 8, 1),
  2000: gib(4, 16, 1),
  4000: gib(8, 30, 1),
  8000: gib(16, 60, 4),
  16000: gib(32, 120, 8),
};

/** What a pod is billed for. */
export interface FargateSize {
  /** vCPU in thousandths. */
  cpuMillicores: number;
  /** Memory in MiB. */
  memoryMiB: number;
}

/** What is wrong with a size, and what is allowed; undefined when Fargate offers it. */
export function sizeFault({ cpuMillicores, memoryMiB }: FargateSize): string | undefined {
  const memory = MEMORY_MIB[cpuMillicores];
  if (memory === undefined) {
    return `allowed is one of ${Object.keys(MEMORY_MIB).join(", ")}`;
  }
  return memory.includes(memoryMiB)
    ? undefined
    : `with ${cpuMillicores} millicores allowed is one of ${memory.join(", ")} MiB`;
}

/** Requests, which equal the limits, of the one container of a pod that fills its size. */
export function containerResources({ cpuMillicores, memoryMiB }: FargateSize) {
  const resources = { cpu: `${cpuMillicores}m`, memory: `${memoryMiB - RESERVED_MIB}Mi` };
  return { requests: resources, limits: resources };
}

function gib(from: number, to: number, step: number): readonly number[] {
  const count = Math.floor((to - from) / step) + 1;
  return Array.from({ length: count }, (_, index) => (from + index * step) * GIB);
}
