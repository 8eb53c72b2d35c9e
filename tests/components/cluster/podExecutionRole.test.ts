import { deepEqual, equal } from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { PodExecutionRole } from "../../../components/cluster/podExecutionRole.ts";
import { mockPulumi, valueOf, type MockOptions } from "../../mocks/mocks.ts";

const GROUP = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/eks/apps/fargate";
const ARGS = { clusterName: "apps", logGroupArn: GROUP };

async function mockedRole(options: MockOptions = {}) {
  const recorder = await mockPulumi(options);
  const role = new PodExecutionRole("pods", ARGS);
  await recorder.settle();
  return { recorder, role };
}

const PARTITIONS = [
  { partition: "aws", region: "us-east-1" },
  { partition: "aws-us-gov", region: "us-gov-east-1" },
  { partition: "aws-cn", region: "cn-northwest-1" },
];

describe("PodExecutionRole", () => {
  it("makes a role with AWS's policy and one of our own, all its children", async () => {
    const { recorder } = await mockedRole();
    deepEqual(recorder.counts(), {
      "aws:Role": 1,
      "aws:RolePolicy": 1,
      "aws:RolePolicyAttachment": 1,
      "sockjs-sticky:PodExecutionRole": 1,
    });
    deepEqual(recorder.strangersTo("sockjs-sticky:PodExecutionRole", "pods"), []);
    for (const type of ["aws:RolePolicy", "aws:RolePolicyAttachment"]) {
      equal(recorder.one(type).inputs.role, "pods-1234567");
    }
  });

  for (const { partition, region } of PARTITIONS) {
    it(`trusts only Fargate for profiles of this cluster, in ${partition}`, async () => {
      const { recorder } = await mockedRole({ partition, region });
      deepEqual(JSON.parse(String(recorder.one("aws:Role").inputs.assumeRolePolicy)), {
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Service: "eks-fargate-pods.amazonaws.com" },
            Action: "sts:AssumeRole",
            Condition: {
              ArnLike: {
                "aws:SourceArn": `arn:${partition}:eks:${region}:111122223333:fargateprofile/apps/*`,
              },
            },
          },
        ],
      });
      equal(
        recorder.one("aws:RolePolicyAttachment").inputs.policyArn,
        `arn:${partition}:iam::aws:policy/AmazonEKSFargatePodExecutionRolePolicy`,
      );
    });
  }

  it("writes to the one log group and never makes it", async () => {
    const { recorder } = await mockedRole();
    deepEqual(JSON.parse(String(recorder.one("aws:RolePolicy").inputs.policy)), {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
          Resource: [GROUP, `${GROUP}:*`],
        },
      ],
    });
  });

  it("gives its ARN only when it may do all that it should", async () => {
    const recorder = await mockPulumi();
    const { arn } = new PodExecutionRole("pods", ARGS);
    new k8s.core.v1.ConfigMap("user", { data: { arn } });
    await recorder.settle();
    const user = recorder.one("kubernetes:ConfigMap");
    deepEqual(recorder.directlyAfter(user, "aws:RolePolicy"), ["pods-logs"]);
    deepEqual(recorder.directlyAfter(user, "aws:RolePolicyAttachment"), ["pods"]);
    equal(await valueOf(arn), "arn:aws:iam::111122223333:role/pods-1234567");
  });

  it("lives twice side by side", async () => {
    const recorder = await mockPulumi();
    new PodExecutionRole("one", ARGS);
    new PodExecutionRole("two", ARGS);
    await recorder.settle();
    equal(recorder.all("aws:Role").length, 2);
    equal(recorder.one("aws:RolePolicy", "two-logs").inputs.role, "two-1234567");
  });
});
