import { deepEqual } from "node:assert/strict";
import { controllerPolicy } from "../../../components/cluster/loadBalancerControllerPolicy.ts";
import { itIsLeast, SCOPE, services, type Statements } from "../../mocks/policies.ts";

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
const EXPECTED: Statements = {
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

describe("the load balancer controller's policy", () => {
  it("reads everywhere, and only what load balancers need", () => {
    const [read] = controllerPolicy(SCOPE).Statement;
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

  it("touches neither WAF, Shield, Cognito, certificates nor instances", () => {
    deepEqual(services(controllerPolicy(SCOPE)), ["ec2", "elasticloadbalancing", "iam"]);
  });

  itIsLeast(controllerPolicy, EXPECTED, ["Read", "CreateServiceLinkedRole"]);
});
