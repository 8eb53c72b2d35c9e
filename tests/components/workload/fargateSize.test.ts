import { deepEqual, match } from "node:assert/strict";
import { containerResources, sizeFault } from "../../../components/workload/fargateSize.ts";

/** Memory in GiB by vCPU in thousandths, as AWS lists it. */
const OFFERED = new Map([
  [250, [0.5, 1, 2]],
  [500, [1, 2, 3, 4]],
  [1000, [2, 3, 4, 5, 6, 7, 8]],
  [2000, [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]],
  [4000, Array.from({ length: 23 }, (_, index) => 8 + index)],
  [8000, [16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60]],
  [16000, [32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120]],
]);

const CANDIDATES = [0.25, 0.5, 0.75, ...Array.from({ length: 128 }, (_, index) => index + 1)];

describe("Fargate sizes", () => {
  it("are exactly those that AWS supports", () => {
    for (const [cpuMillicores, expected] of OFFERED) {
      const accepted = CANDIDATES.filter(
        (gib) => sizeFault({ cpuMillicores, memoryMiB: gib * 1024 }) === undefined,
      );
      deepEqual(accepted, expected, `${cpuMillicores} millicores`);
    }
  });

  it("have faults that list the memory sizes of a vCPU size", () => {
    const mustBe = "a size that Fargate has with 250 cpuMillicores: 512, 1024, 2048";
    for (const memoryMiB of [513, 4096]) {
      deepEqual(sizeFault({ cpuMillicores: 250, memoryMiB }), {
        name: "memoryMiB",
        got: memoryMiB,
        mustBe,
        example: "512",
      });
    }
    match(
      sizeFault({ cpuMillicores: 16000, memoryMiB: 1024 })?.mustBe ?? "",
      /: 32768, 40960, 49152, 57344, 65536, 73728, 81920, 90112, 98304, 106496, 114688, 122880$/,
    );
  });

  it("have faults that list the vCPU sizes", () => {
    deepEqual(sizeFault({ cpuMillicores: 300, memoryMiB: 512 }), {
      name: "cpuMillicores",
      got: 300,
      mustBe: "a size of Fargate: 250, 500, 1000, 2000, 4000, 8000, 16000",
      example: "250",
    });
  });

  it("leave 256 MiB to Kubernetes, with requests that equal the limits, so that no size is rounded up", () => {
    const resources = { cpu: "500m", memory: "768Mi" };
    deepEqual(containerResources({ cpuMillicores: 500, memoryMiB: 1024 }), {
      requests: resources,
      limits: resources,
    });
  });
});
