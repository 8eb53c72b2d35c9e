import { deepEqual, equal } from "node:assert/strict";
import type { MockSubnet } from "../mocks/account.ts";
import { at } from "../mocks/mocks.ts";
import { runProgram } from "../mocks/program.ts";
import { NETWORK, subnet, SUBNETS, VPC } from "../mocks/existing.ts";
import { programRefusal } from "./refusal.ts";

/** The subnets, one of which is different. */
const changed = (id: string, change: Partial<MockSubnet>): MockSubnet[] =>
  SUBNETS.map((each) => (each.id.endsWith(id) ? { ...each, ...change } : each));

describe("an existing network", () => {
  it("gets a cluster, load balancers and a database, and nothing else", async () => {
    const workloads = [{ app: "company" }];
    const { program, recorder } = await runProgram(
      "dev",
      { network: NETWORK, workloads },
      { subnets: SUBNETS },
    );
    deepEqual(recorder.all("awsx:ec2:Vpc"), []);
    deepEqual(recorder.all("aws:VpcEndpoint"), []);
    const cluster = recorder.one("eks:index:Cluster").inputs;
    deepEqual(
      [cluster.vpcId, cluster.publicSubnetIds, cluster.privateSubnetIds],
      [VPC, NETWORK.publicSubnetIds, NETWORK.privateSubnetIds],
    );
    const profiles = recorder.all("aws:FargateProfile");
    equal(profiles.length, 2);
    for (const profile of profiles) {
      deepEqual(profile.inputs.subnetIds, NETWORK.privateSubnetIds);
    }
    const subnets = recorder.one("aws:SubnetGroup").inputs.subnetIds;
    deepEqual(subnets, NETWORK.privateSubnetIds);
    const { values } = recorder.one("kubernetes:Release").inputs;
    equal(at(values, "vpcId"), VPC);
    deepEqual(program.guardedSettings.zoneNames, ["us-east-1a", "us-east-1b"]);
    equal(program.guardedSettings.vpcCidr, VPC);
  });

  const create = "run aws ec2 create-tags --resources";
  const refusals: [string, MockSubnet[], Record<string, unknown>, string][] = [
    [
      "a VPC that does not exist",
      [],
      {},
      `network.vpcId is "${VPC}"; it must be a VPC with subnets in the region of the stack`,
    ],
    [
      "a subnet of another VPC",
      changed("3", { vpcId: "vpc-1" }),
      {},
      `network.privateSubnetIds[0] is "subnet-00000003"; it must be a subnet of ${VPC} in the region of the stack`,
    ],
    [
      "a subnet of another cluster",
      changed("2", {
        tags: { "kubernetes.io/role/elb": "1", "kubernetes.io/cluster/other": "owned" },
      }),
      {},
      `network.publicSubnetIds[1] is "subnet-00000002"; it must be a subnet without the tag kubernetes.io/cluster/other, or with kubernetes.io/cluster/sockjs-sticky-dev too, or the load balancer controller leaves it to other clusters; ${create} subnet-00000002 --tags Key=kubernetes.io/cluster/sockjs-sticky-dev,Value=shared`,
    ],
    [
      "a public subnet without the tag of its role",
      changed("1", { tags: {} }),
      {},
      `network.publicSubnetIds[0] is "subnet-00000001"; it must be a subnet with the tag kubernetes.io/role/elb, by which the load balancer controller finds it; ${create} subnet-00000001 --tags Key=kubernetes.io/role/elb,Value=1`,
    ],
    [
      "a private subnet whose tag has another value",
      changed("4", { tags: { "kubernetes.io/role/internal-elb": "0" } }),
      {},
      `network.privateSubnetIds[1] is "subnet-00000004"; it must be a subnet with the tag kubernetes.io/role/internal-elb, by which the load balancer controller finds it; ${create} subnet-00000004 --tags Key=kubernetes.io/role/internal-elb,Value=1`,
    ],
    [
      "private subnets in one zone",
      changed("4", { availabilityZone: "us-east-1a" }),
      {},
      "network.privateSubnetIds has only subnets in us-east-1a; it must be subnets in two or more zones, which EKS and load balancers require",
    ],
    [
      "a zone without EKS",
      changed("2", { availabilityZoneId: "use1-az3" }),
      {},
      'network.publicSubnetIds[1] is "subnet-00000002"; it must be a subnet outside of use1-az3, where EKS or Fargate is not available',
    ],
    [
      "a VPC without DNS hostnames",
      SUBNETS,
      { dns: false },
      `network.vpcId is "${VPC}"; it must be a VPC with DNS support and DNS hostnames, which EKS requires; run aws ec2 modify-vpc-attribute --vpc-id ${VPC} --enable-dns-support, then the same with --enable-dns-hostnames`,
    ],
  ];
  for (const [what, subnets, cloud, message] of refusals) {
    it(`is rejected before anything is created: ${what}`, async () => {
      equal(await programRefusal({ network: NETWORK }, { subnets, ...cloud }), message);
    });
  }

  it("can have a cluster that only private blocks reach, also with deletionProtection", async () => {
    const settings = {
      endpointPublicAccess: false,
      privateAccessCidrs: ["10.8.0.0/16"],
      deletionProtection: true,
    };
    const { recorder } = await runProgram(
      "dev",
      { network: NETWORK, ...settings },
      { subnets: SUBNETS },
    );
    equal(recorder.one("eks:index:Cluster").inputs.endpointPublicAccess, false);
    equal(
      recorder.one("aws:SecurityGroupIngressRule", "sockjs-sticky-dev-api-10.8.0.0/16").inputs
        .toPort,
      443,
    );
  });

  it("accepts tags without a value, and tags of several clusters with its own", async () => {
    const own = { "kubernetes.io/cluster/sockjs-sticky-dev": "shared" };
    const tags = { "kubernetes.io/role/elb": "", "kubernetes.io/cluster/other": "shared", ...own };
    const subnets = changed("1", { tags });
    await runProgram("dev", { network: NETWORK }, { subnets });
  });

  it("cannot be left or entered, and keeps the subnets of a protected stack", async () => {
    const { program } = await runProgram("dev", { network: NETWORK }, { subnets: SUBNETS });
    const lastUp = { ...program.guardedSettings };
    const why =
      "because the change replaces the VPC, which cluster and database cannot leave; revert it, or run `pulumi destroy` first";
    equal(
      await programRefusal({}, { lastUp, subnets: SUBNETS }),
      `vpcCidr or network.vpcId is "10.0.0.0/16", and was "${VPC}"; it must be "${VPC}", ${why}`,
    );
    const others = {
      ...NETWORK,
      privateSubnetIds: [...NETWORK.privateSubnetIds, "subnet-00000005"],
    };
    const subnets = [...SUBNETS, subnet("5", "c", "internal-elb")];
    const refusal = await programRefusal(
      { network: others },
      { lastUp: { ...lastUp, deletionProtection: true }, subnets },
    );
    equal(
      refusal.split("; ")[0],
      'network.privateSubnetIds is ["subnet-00000003","subnet-00000004","subnet-00000005"], and was ["subnet-00000003","subnet-00000004"]',
    );
    await runProgram("dev", { network: others }, { lastUp, subnets });
  });
});
