import { deepEqual, equal, ok } from "node:assert/strict";
import {
  controllerPolicy,
  type PolicyScope,
  type PolicyStatement,
} from "../../components/loadBalancerControllerPolicy.ts";

const SCOPE: PolicyScope = {
  partition: "aws",
  region: "us-east-1",
  accountId: "111122223333",
  clusterName: "apps",
  vpcId: "vpc-1",
  podSecurityGroupId: "sg-pods",
};

const EC2 = "arn:aws:ec2:us-east-1:111122223333";
const ELB = "arn:aws:elasticloadbalancing:us-east-1:111122223333";
const LOAD_BALANCERS = `${ELB}:loadbalancer/net/*`;
const LISTENERS = `${ELB}:listener/net/*`;
const TARGET_GROUPS = `${ELB}:targetgroup/*`;
const GROUPS = `${EC2}:security-group/*`;
const IN_VPC = { "ec2:Vpc": `${EC2}:vpc/vpc-1` };
const REQUESTED = { "aws:RequestTag/elbv2.k8s.aws/cluster": "apps" };
const OWNED = { "aws:ResourceTag/elbv2.k8s.aws/cluster": "apps" };

/** Every statement but the first, as the controller needs it and no wider. */
const EXPECTED: Record<string, Omit<PolicyStatement, "Sid" | "Effect">> = {
  CreateServiceLinkedRole: {
    Action: ["iam:CreateServiceLinkedRole"],
    Resource: "*",
    Condition: {
      StringEquals: { "iam:AWSServiceName": "elasticloadbalancing.amazonaws.com" },
    },
  },
  CreateSecurityGroupInVpc: {
    Action: ["ec2:CreateSecurityGroup"],
    Resource: `${EC2}:vpc/vpc-1`,
  },
  CreateTaggedSecurityGroup: {
    Action: ["ec2:CreateSecurityGroup"],
    Resource: GROUPS,
    Condition: { StringEquals: REQUESTED },
  },
  TagNewSecurityGroup: {
    Action: ["ec2:CreateTags"],
    Resource: GROUPS,
    Condition: { StringEquals: { ...REQUESTED, "ec2:CreateAction": "CreateSecurityGroup" } },
  },
  TagSecurityGroup: {
    Action: ["ec2:CreateTags", "ec2:DeleteTags"],
    Resource: GROUPS,
    Condition: { StringEquals: OWNED },
  },
  DeleteSecurityGroup: {
    Action: ["ec2:DeleteSecurityGroup"],
    Resource: GROUPS,
    Condition: { StringEquals: OWNED, ArnEquals: IN_VPC },
  },
  ChangeRules: {
    Action: ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"],
    Resource: GROUPS,
    Condition: { StringEquals: OWNED, ArnEquals: IN_VPC },
  },
  ChangePodRules: {
    Action: ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"],
    Resource: [`${EC2}:security-group/sg-pods`, `${EC2}:security-group-rule/*`],
  },
  Create: {
    Action: [
      "elasticloadbalancing:CreateLoadBalancer",
      "elasticloadbalancing:CreateListener",
      "elasticloadbalancing:CreateTargetGroup",
    ],
    Resource: [LOAD_BALANCERS, LISTENERS, TARGET_GROUPS],
    Condition: { StringEquals: REQUESTED },
  },
  TagNew: {
    Action: ["elasticloadbalancing:AddTags"],
    Resource: [LOAD_BALANCERS, TARGET_GROUPS],
    Condition: {
      StringEquals: {
        ...REQUESTED,
        "elasticloadbalancing:CreateAction": ["CreateLoadBalancer", "CreateTargetGroup"],
      },
    },
  },
  Tag: {
    Action: ["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"],
    Resource: [LOAD_BALANCERS, TARGET_GROUPS],
    Condition: { StringEquals: OWNED },
  },
  TagListener: {
    Action: ["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"],
    Resource: LISTENERS,
  },
  Change: {
    Action: [
      "elasticloadbalancing:AddListenerCertificates",
      "elasticloadbalancing:DeleteListener",
      "elasticloadbalancing:DeleteLoadBalancer",
      "elasticloadbalancing:DeleteTargetGroup",
      "elasticloadbalancing:DeregisterTargets",
      "elasticloadbalancing:ModifyCapacityReservation",
      "elasticloadbalancing:ModifyListener",
      "elasticloadbalancing:ModifyListenerAttributes",
      "elasticloadbalancing:ModifyLoadBalancerAttributes",
      "elasticloadbalancing:ModifyTargetGroup",
      "elasticloadbalancing:ModifyTargetGroupAttributes",
      "elasticloadbalancing:RegisterTargets",
      "elasticloadbalancing:RemoveListenerCertificates",
      "elasticloadbalancing:SetIpAddressType",
      "elasticloadbalancing:SetSecurityGroups",
      "elasticloadbalancing:SetSubnets",
    ],
    Resource: [LOAD_BALANCERS, LISTENERS, TARGET_GROUPS],
    Condition: { StringEquals: OWNED },
  },
};

const EC2_READS = [
  "DescribeAccountAttributes",
  "DescribeAddresses",
  "DescribeAvailabilityZones",
  "DescribeInstances",
  "DescribeInternetGateways",
  "DescribeNetworkInterfaces",
  "DescribeRouteTables",
  "DescribeSecurityGroups",
  "DescribeSubnets",
  "DescribeTags",
  "DescribeVpcPeeringConnections",
  "DescribeVpcs",
  "GetSecurityGroupsForVpc",
];

const ELB_READS = [
  "CapacityReservation",
  "ListenerAttributes",
  "ListenerCertificates",
  "Listeners",
  "LoadBalancerAttributes",
  "LoadBalancers",
  "Rules",
  "SSLPolicies",
  "Tags",
  "TargetGroupAttributes",
  "TargetGroups",
  "TargetHealth",
];

const statements = (changes: Partial<PolicyScope> = {}) =>
  controllerPolicy({ ...SCOPE, ...changes }).Statement;

describe("the load balancer controller's policy", () => {
  it("has these statements and no other, and only allows", () => {
    equal(controllerPolicy(SCOPE).Version, "2012-10-17");
    deepEqual(
      statements().map(({ Sid }) => Sid),
      ["Read", ...Object.keys(EXPECTED)],
    );
    deepEqual(new Set(statements().map(({ Effect }) => Effect)), new Set(["Allow"]));
  });

  for (const [sid, expected] of Object.entries(EXPECTED)) {
    it(`scopes ${sid} as written`, () => {
      const statement = statements().find(({ Sid }) => Sid === sid);
      deepEqual(statement, { Sid: sid, Effect: "Allow", ...expected });
    });
  }

  it("reads everywhere, and only what a Network Load Balancer needs", () => {
    const [read] = statements();
    deepEqual(read, {
      Sid: "Read",
      Effect: "Allow",
      Action: [
        ...EC2_READS.map((action) => `ec2:${action}`),
        ...ELB_READS.map((what) => `elasticloadbalancing:Describe${what}`),
      ],
      Resource: "*",
    });
  });

  it("has no wildcard in an action and changes nothing on Resource *", () => {
    for (const { Sid, Action, Resource } of statements()) {
      deepEqual(
        Action.filter((action) => !/^[a-z0-9]+:[A-Za-z]+$/.test(action)),
        [],
      );
      if ([Resource].flat().includes("*")) {
        ok(["Read", "CreateServiceLinkedRole"].includes(Sid), Sid);
      }
    }
  });

  it("says nothing twice", () => {
    const said = statements().flatMap(({ Action, Resource, Condition }) =>
      Action.flatMap((action) =>
        [Resource].flat().map((resource) => JSON.stringify([action, resource, Condition])),
      ),
    );
    equal(new Set(said).size, said.length);
  });

  it("touches neither WAF, Shield, Cognito, certificates nor instances", () => {
    const services = statements().flatMap(({ Action }) => Action.map((a) => a.split(":")[0]));
    deepEqual(new Set(services), new Set(["ec2", "iam", "elasticloadbalancing"]));
  });

  for (const [partition, region] of [
    ["aws-us-gov", "us-gov-west-1"],
    ["aws-cn", "cn-north-1"],
  ] as const) {
    it(`is the same in ${partition}, with that partition's ARNs`, () => {
      const moved = JSON.stringify(statements())
        .replaceAll("arn:aws:", `arn:${partition}:`)
        .replaceAll("us-east-1", region);
      deepEqual(statements({ partition, region }), JSON.parse(moved));
      ok(!JSON.stringify(statements({ partition, region })).includes("arn:aws:"));
    });
  }

  it("names another cluster, VPC, account and pods' group wherever it scopes by them", () => {
    const moved = JSON.stringify(statements())
      .replaceAll('"apps"', '"other"')
      .replaceAll("vpc-1", "vpc-2")
      .replaceAll("111122223333", "444455556666")
      .replaceAll("sg-pods", "sg-other");
    const scope = { clusterName: "other", vpcId: "vpc-2", accountId: "444455556666" };
    deepEqual(statements({ ...scope, podSecurityGroupId: "sg-other" }), JSON.parse(moved));
  });

  it("fits into an inline policy, whose limit is 10,240 characters, with the longest names", () => {
    const longest = {
      partition: "aws-us-gov",
      region: "us-gov-west-1",
      clusterName: "c".repeat(43),
      vpcId: `vpc-${"0".repeat(17)}`,
      podSecurityGroupId: `sg-${"0".repeat(17)}`,
    };
    ok(JSON.stringify(controllerPolicy({ ...SCOPE, ...longest })).length <= 10_240);
  });
});
