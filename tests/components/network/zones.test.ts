import { deepEqual, equal, rejects } from "node:assert/strict";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { eksZones } from "../../../components/network/zones.ts";
import { mockPulumi, type MockOptions } from "../../mocks/mocks.ts";

async function mockedZones(
  count: number,
  options: MockOptions = {},
  chosen: readonly string[] = [],
) {
  const recorder = await mockPulumi(options);
  const provider = new aws.Provider("ours", { region: "us-east-1" });
  const zones = await eksZones(count, chosen, { provider });
  await recorder.settle();
  return { recorder, zones };
}

describe("zones", () => {
  it("chooses the requested number, in alphabetical order", async () => {
    const all = ["us-east-1d", "us-east-1b", "us-east-1a", "us-east-1c"];
    deepEqual((await mockedZones(2, { zones: all })).zones, ["us-east-1a", "us-east-1b"]);
    deepEqual((await mockedZones(4, { zones: all })).zones, all.toSorted());
  });

  it("asks the given provider once, and excludes zones without EKS or Fargate and opt-in zones", async () => {
    const { recorder } = await mockedZones(2);
    const provider = recorder.one("pulumi:providers:aws");
    deepEqual(recorder.calls, [
      {
        token: "aws:index/getAvailabilityZones:getAvailabilityZones",
        inputs: {
          state: "available",
          filters: [{ name: "opt-in-status", values: ["opt-in-not-required"] }],
          excludeZoneIds: ["use1-az3", "usw1-az2", "cac1-az3", "apne1-az3"],
        },
        provider: `${provider.urn}::ours-id`,
      },
    ]);
  });

  it("keeps zones that were chosen before, whatever is available now, and adds the first others", async () => {
    const available = { zones: ["us-east-1a", "us-east-1b", "us-east-1d"] };
    const chosen = ["us-east-1b", "us-east-1c"];
    deepEqual((await mockedZones(2, available, chosen)).zones, chosen);
    const { zones } = await mockedZones(4, available, chosen);
    deepEqual(zones, [...chosen, "us-east-1a", "us-east-1d"]);
    deepEqual((await mockedZones(1, { zones: [] }, chosen)).zones, ["us-east-1b"]);
  });

  it("rejects a region with too few zones, without a stack trace", async () => {
    const region = { region: "us-west-1", zones: ["us-west-1a", "us-west-1c"] };
    await rejects(mockedZones(3, region), (error) => {
      equal(pulumi.RunError.isInstance(error), true);
      equal(
        (error as Error).message,
        "zones is 3; it must be from 2 to 2, because us-west-1 has 2 zones with EKS on Fargate (for example 2)",
      );
      return true;
    });
  });
});
