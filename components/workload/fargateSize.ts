import type { Fault } from "../../app/contract/fault.ts";

/** Memory in MiB that Fargate reserves in a pod for kubelet, kube-proxy and containerd. */
const RESERVED_MIB = 256;

const GIB = 1024;

/**
 * Memory sizes of Fargate in MiB, by vCPU in thousandths.
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

/** The size that a pod is billed for. */
export interface FargateSize {
  /** vCPU in thousandths. */
  cpuMillicores: number;
  /** Memory in MiB. */
  memoryMiB: number;
}

/** What is wrong with a size; undefined if Fargate supports it. */
export function sizeFault({ cpuMillicores, memoryMiB }: FargateSize): Fault | undefined {
  const memory = MEMORY_MIB[cpuMillicores];
  if (memory === undefined) {
    return {
      name: "cpuMillicores",
      got: cpuMillicores,
      mustBe: `a size of Fargate: ${Object.keys(MEMORY_MIB).join(", ")}`,
      example: "250",
    };
  }
  return memory.includes(memoryMiB)
    ? undefined
    : {
        name: "memoryMiB",
        got: memoryMiB,
        mustBe: `a size that Fargate has with ${cpuMillicores} cpuMillicores: ${memory.join(", ")}`,
        example: String(memory[0]),
      };
}

/** Resources of a pod's only container, which uses the whole size: requests that equal the limits. */
export function containerResources({ cpuMillicores, memoryMiB }: FargateSize) {
  const resources = { cpu: `${cpuMillicores}m`, memory: `${memoryMiB - RESERVED_MIB}Mi` };
  return { requests: resources, limits: resources };
}

function gib(from: number, to: number, step: number): readonly number[] {
  const count = Math.floor((to - from) / step) + 1;
  return Array.from({ length: count }, (_, index) => (from + index * step) * GIB);
}
