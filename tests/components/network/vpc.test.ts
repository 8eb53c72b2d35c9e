import { deepEqual, equal } from "node:assert/strict";
import { Vpc, type VpcArgs } from "../../../components/network/vpc.ts";
import { mockPulumi, valueOf } from "../../mocks/mocks.ts";

const ARGS: VpcArgs = {
  cidr: "10.0.0.0/16",
  zones: ["us-east-1a", "us-east-1b"],
  natGateways: "single",
  region: "us-east-1",
};

async function mockedVpc(changes: Partial<VpcArgs> = {}, protect = false) {
  const recorder = await mockPulumi();
  const vpc = new Vpc("net", { ...ARGS, ...changes }, { protect });
  await recorder.settle();
  return { recorder, vpc };
}

describe("Vpc", () => {
  it("creates one VPC, whose own children a mock cannot show, and one endpoint", async () => {
    const { recorder } = await mockedVpc();
    deepEqual(recorder.counts(), {
      "aws:VpcEndpoint": 1,
      "awsx:ec2:Vpc": 1,
      "sockjs-sticky:Vpc": 1,
    });
    deepEqual(recorder.strangersTo("sockjs-sticky:Vpc", "net"), []);
  });

  it("sets the size and the role of every subnet", async () => {
    const { recorder } = await mockedVpc();
    deepEqual(recorder.one("awsx:ec2:Vpc").inputs, {
      cidrBlock: "10.0.0.0/16",
      availabilityZoneNames: ["us-east-1a", "us-east-1b"],
      availabilityZoneCidrMask: 18,
      enableDnsHostnames: true,
      enableDnsSupport: true,
      natGateways: { strategy: "Single" },
      subnetStrategy: "Auto",
      subnetSpecs: [
        { type: "Private", cidrMask: 19, tags: { "kubernetes.io/role/internal-elb": "1" } },
        { type: "Public", cidrMask: 21, tags: { "kubernetes.io/role/elb": "1" } },
      ],
    });
  });

  it("accepts another block and a NAT gateway for each zone", async () => {
    const { recorder } = await mockedVpc({ cidr: "10.8.0.0/22", natGateways: "per-zone" });
    const { inputs } = recorder.one("awsx:ec2:Vpc");
    equal(inputs.cidrBlock, "10.8.0.0/22");
    equal(inputs.availabilityZoneCidrMask, 24);
    deepEqual(inputs.natGateways, { strategy: "OnePerAz" });
  });

  it("routes all route tables to S3 in its region", async () => {
    const { recorder } = await mockedVpc({ region: "eu-west-3" });
    const { name, inputs } = recorder.one("aws:VpcEndpoint");
    equal(name, "net-s3");
    deepEqual(inputs, {
      vpcId: "net-vpc-id",
      vpcEndpointType: "Gateway",
      serviceName: "com.amazonaws.eu-west-3.s3",
      routeTableIds: ["net-private-1-id", "net-private-2-id", "net-public-1-id", "net-public-2-id"],
    });
  });

  it("outputs the VPC's id, its private subnets and its public subnets", async () => {
    const { vpc } = await mockedVpc();
    equal(await valueOf(vpc.vpcId), "net-vpc-id");
    deepEqual(await valueOf(vpc.privateSubnetIds), ["net-private-1", "net-private-2"]);
    deepEqual(await valueOf(vpc.publicSubnetIds), ["net-public-1", "net-public-2"]);
  });

  it("includes routes, their associations and the endpoint in its egress", async () => {
    const recorder = await mockPulumi();
    const vpc = new Vpc("net", ARGS);
    new Vpc("later", ARGS, { dependsOn: vpc.egress });
    await recorder.settle();
    const later = recorder.one("sockjs-sticky:Vpc", "later");
    const subnets = ["net-private-1", "net-private-2", "net-public-1", "net-public-2"];
    deepEqual(recorder.directlyAfter(later, "aws:Route"), subnets);
    deepEqual(recorder.directlyAfter(later, "aws:RouteTableAssociation"), subnets);
    deepEqual(recorder.directlyAfter(later, "aws:VpcEndpoint"), ["net-s3"]);
  });

  it("protects all its children when it is protected", async () => {
    const { recorder } = await mockedVpc({}, true);
    deepEqual(
      recorder.made.filter(({ protect }) => !protect),
      [],
    );
  });

  it("can be created twice in one program", async () => {
    const recorder = await mockPulumi();
    new Vpc("one", ARGS);
    new Vpc("two", ARGS);
    await recorder.settle();
    deepEqual(recorder.counts(), {
      "aws:VpcEndpoint": 2,
      "awsx:ec2:Vpc": 2,
      "sockjs-sticky:Vpc": 2,
    });
    equal(recorder.one("aws:VpcEndpoint", "two-s3").inputs.vpcId, "two-vpc-id");
  });
});
