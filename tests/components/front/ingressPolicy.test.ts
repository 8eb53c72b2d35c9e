import { deepEqual, ok } from "node:assert/strict";
import {
  controllerPolicy,
  ingressPolicy,
} from "../../../components/cluster/loadBalancerControllerPolicy.ts";
import { itIsLeast, SCOPE, services, type Statements } from "../../mocks/policies.ts";

const ELB = "arn:aws:elasticloadbalancing:us-east-1:111122223333";
const REQUESTED = { "aws:RequestTag/elbv2.k8s.aws/cluster": "apps" };
const OWNED = { "aws:ResourceTag/elbv2.k8s.aws/cluster": "apps" };
const LOAD_BALANCERS = `${ELB}:loadbalancer/app/*`;
const LISTENERS = `${ELB}:listener/app/*`;
const RULES = `${ELB}:listener-rule/app/*`;
const ALL = [LOAD_BALANCERS, LISTENERS, RULES];

/** Every statement, as the controller needs it and no wider. */
const EXPECTED: Statements = {
  Create: {
    Action: [
      "elasticloadbalancing:CreateLoadBalancer",
      "elasticloadbalancing:CreateListener",
      "elasticloadbalancing:CreateRule",
    ],
    Resource: [LOAD_BALANCERS, LISTENERS],
    Condition: { StringEquals: REQUESTED },
  },
  TagNew: {
    Action: ["elasticloadbalancing:AddTags"],
    Resource: ALL,
    Condition: {
      StringEquals: {
        ...REQUESTED,
        "elasticloadbalancing:CreateAction": ["CreateLoadBalancer", "CreateListener", "CreateRule"],
      },
    },
  },
  Tag: {
    Action: ["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"],
    Resource: ALL,
    Condition: { StringEquals: OWNED },
  },
  Change: {
    Action: [
      "elasticloadbalancing:AddListenerCertificates",
      "elasticloadbalancing:CreateWebACLAssociation",
      "elasticloadbalancing:DeleteListener",
      "elasticloadbalancing:DeleteLoadBalancer",
      "elasticloadbalancing:DeleteRule",
      "elasticloadbalancing:DeleteWebACLAssociation",
      "elasticloadbalancing:GetLoadBalancerWebACL",
      "elasticloadbalancing:ModifyCapacityReservation",
      "elasticloadbalancing:ModifyListener",
      "elasticloadbalancing:ModifyListenerAttributes",
      "elasticloadbalancing:ModifyLoadBalancerAttributes",
      "elasticloadbalancing:ModifyRule",
      "elasticloadbalancing:RemoveListenerCertificates",
      "elasticloadbalancing:SetIpAddressType",
      "elasticloadbalancing:SetRulePriorities",
      "elasticloadbalancing:SetSecurityGroups",
      "elasticloadbalancing:SetSubnets",
    ],
    Resource: ALL,
    Condition: { StringEquals: OWNED },
  },
  AttachWebAcl: {
    Action: ["wafv2:AssociateWebACL", "wafv2:GetWebACL", "wafv2:GetWebACLForResource"],
    Resource: ["arn:aws:wafv2:us-east-1:111122223333:regional/webacl/*", LOAD_BALANCERS],
  },
  DetachWebAcl: { Action: ["wafv2:DisassociateWebACL"], Resource: "*" },
};

const LONGEST = {
  partition: "aws-us-gov",
  region: "us-gov-west-1",
  clusterName: "c".repeat(43),
  vpcId: `vpc-${"0".repeat(17)}`,
  podSecurityGroupId: `sg-${"0".repeat(17)}`,
};

describe("the load balancer controller's policy for Ingresses", () => {
  it("touches load balancers and WAF, and neither Shield, Cognito nor certificates", () => {
    deepEqual(services(ingressPolicy(SCOPE)), ["elasticloadbalancing", "wafv2"]);
  });

  it("leaves Network Load Balancers and target groups to the other policy", () => {
    const text = JSON.stringify(ingressPolicy(SCOPE));
    ok(!/\/net\/|targetgroup/.test(text));
    ok(!JSON.stringify(controllerPolicy(SCOPE)).includes("/app/"));
  });

  itIsLeast(ingressPolicy, EXPECTED, ["DetachWebAcl"]);

  it("fits, with the other, into a role's inline policies, whose limit is 10,240 characters", () => {
    const scope = { ...SCOPE, ...LONGEST };
    const length = [controllerPolicy(scope), ingressPolicy(scope)]
      .map((document) => JSON.stringify(document).length)
      .reduce((sum, each) => sum + each);
    ok(length <= 10_240, String(length));
  });
});
