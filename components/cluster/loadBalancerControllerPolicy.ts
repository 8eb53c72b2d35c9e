import type * as aws from "@pulumi/aws";

/** The account, region and cluster that the controller works in. */
export interface PolicyScope {
  /** `aws`, `aws-cn`, `aws-us-gov`. */
  partition: string;
  region: string;
  accountId: string;
  clusterName: string;
  vpcId: string;
  /** Security group of the pods, to which the controller adds rules for load balancers. */
  podSecurityGroupId: string;
}

export interface PolicyStatement extends aws.iam.PolicyStatement {
  Sid: string;
  Effect: "Allow";
  Action: string[];
  Resource: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

export interface PolicyDocument extends aws.iam.PolicyDocument {
  Statement: PolicyStatement[];
}

/** Tag of everything that the controller creates. */
const CLUSTER_TAG = "elbv2.k8s.aws/cluster";

/**
 * What the AWS Load Balancer Controller needs for Network Load Balancers with ip targets: it reads what cannot
 * be scoped, and changes only what has its cluster's tag.
 *
 * Sources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html,
 * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEKSLoadBalancingPolicy.html and the
 * policy that the controller publishes, which is for all clusters of an account.
 */
export function controllerPolicy(scope: PolicyScope): PolicyDocument {
  const ec2 = (resource: string): string => arn(scope, "ec2", resource);
  const elb = (resource: string): string => arn(scope, "elasticloadbalancing", resource);
  const securityGroups = ec2("security-group/*");
  const rules = ec2("security-group-rule/*");
  const loadBalancers = elb("loadbalancer/net/*");
  const listeners = elb("listener/net/*");
  const targetGroups = elb("targetgroup/*");
  const { requested, owned } = tagged(scope);
  const inVpc = { ArnEquals: { "ec2:Vpc": ec2(`vpc/${scope.vpcId}`) } };

  return {
    Version: "2012-10-17",
    Statement: [
      allow("Read", READ_ACTIONS, "*"),
      allow("CreateServiceLinkedRole", ["iam:CreateServiceLinkedRole"], "*", {
        StringEquals: { "iam:AWSServiceName": "elasticloadbalancing.amazonaws.com" },
      }),
      allow("CreateSecurityGroupInVpc", ["ec2:CreateSecurityGroup"], ec2(`vpc/${scope.vpcId}`)),
      allow("CreateTaggedSecurityGroup", ["ec2:CreateSecurityGroup"], securityGroups, requested),
      allow("TagNewSecurityGroup", ["ec2:CreateTags"], securityGroups, {
        StringEquals: { ...requested.StringEquals, "ec2:CreateAction": "CreateSecurityGroup" },
      }),
      allow("TagSecurityGroup", ["ec2:CreateTags", "ec2:DeleteTags"], securityGroups, owned),
      allow("DeleteSecurityGroup", ["ec2:DeleteSecurityGroup"], securityGroups, {
        ...owned,
        ...inVpc,
      }),
      allow("ChangeRules", RULE_ACTIONS, securityGroups, { ...owned, ...inVpc }),
      allow("ChangePodRules", RULE_ACTIONS, [
        ec2(`security-group/${scope.podSecurityGroupId}`),
        // A rule has no tag of its own; the group that it is in decides.
        rules,
      ]),
      allow(
        "Create",
        [
          "elasticloadbalancing:CreateLoadBalancer",
          "elasticloadbalancing:CreateListener",
          "elasticloadbalancing:CreateTargetGroup",
        ],
        [loadBalancers, listeners, targetGroups],
        requested,
      ),
      allow("TagNew", ["elasticloadbalancing:AddTags"], [loadBalancers, targetGroups], {
        StringEquals: {
          ...requested.StringEquals,
          "elasticloadbalancing:CreateAction": ["CreateLoadBalancer", "CreateTargetGroup"],
        },
      }),
      allow("Tag", TAG_ACTIONS, [loadBalancers, targetGroups], owned),
      allow("TagListener", TAG_ACTIONS, listeners),
      allow("Change", CHANGE_ACTIONS, [loadBalancers, listeners, targetGroups], owned),
    ],
  };
}

/**
 * What it needs beyond that for Application Load Balancers, and for web ACLs of AWS WAF on them.
 *
 * Sources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html,
 * https://docs.aws.amazon.com/waf/latest/developerguide/security_iam_service-with-iam.html (the "new permission
 * setting"; the old one, elasticloadbalancing:SetWebAcl, cannot be scoped to a cluster)
 */
export function ingressPolicy(scope: PolicyScope): PolicyDocument {
  const elb = (resource: string): string => arn(scope, "elasticloadbalancing", resource);
  const loadBalancers = elb("loadbalancer/app/*");
  const listeners = elb("listener/app/*");
  const rules = elb("listener-rule/app/*");
  const webAcls = arn(scope, "wafv2", "regional/webacl/*");
  const { requested, owned } = tagged(scope);

  return {
    Version: "2012-10-17",
    Statement: [
      allow(
        "Create",
        [
          "elasticloadbalancing:CreateLoadBalancer",
          "elasticloadbalancing:CreateListener",
          "elasticloadbalancing:CreateRule",
        ],
        [loadBalancers, listeners],
        requested,
      ),
      allow("TagNew", ["elasticloadbalancing:AddTags"], [loadBalancers, listeners, rules], {
        StringEquals: {
          ...requested.StringEquals,
          "elasticloadbalancing:CreateAction": [
            "CreateLoadBalancer",
            "CreateListener",
            "CreateRule",
          ],
        },
      }),
      allow("Tag", TAG_ACTIONS, [loadBalancers, listeners, rules], owned),
      allow("Change", INGRESS_CHANGE_ACTIONS, [loadBalancers, listeners, rules], owned),
      allow("AttachWebAcl", WEB_ACL_ACTIONS, [webAcls, loadBalancers]),
      // Names no web ACL. The load balancer decides, by DeleteWebACLAssociation above.
      allow("DetachWebAcl", ["wafv2:DisassociateWebACL"], "*"),
    ],
  };
}

const READ_ACTIONS = [
  "ec2:DescribeAccountAttributes",
  "ec2:DescribeAddresses",
  "ec2:DescribeAvailabilityZones",
  "ec2:DescribeInstances",
  "ec2:DescribeInternetGateways",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeRouteTables",
  "ec2:DescribeSecurityGroups",
  "ec2:DescribeSubnets",
  "ec2:DescribeTags",
  "ec2:DescribeVpcPeeringConnections",
  "ec2:DescribeVpcs",
  "ec2:GetSecurityGroupsForVpc",
  "elasticloadbalancing:DescribeCapacityReservation",
  "elasticloadbalancing:DescribeListenerAttributes",
  "elasticloadbalancing:DescribeListenerCertificates",
  "elasticloadbalancing:DescribeListeners",
  "elasticloadbalancing:DescribeLoadBalancerAttributes",
  "elasticloadbalancing:DescribeLoadBalancers",
  // Of NLB listeners, too: the controller asks for the rules of every listener.
  "elasticloadbalancing:DescribeRules",
  "elasticloadbalancing:DescribeSSLPolicies",
  "elasticloadbalancing:DescribeTags",
  "elasticloadbalancing:DescribeTargetGroupAttributes",
  "elasticloadbalancing:DescribeTargetGroups",
  "elasticloadbalancing:DescribeTargetHealth",
];

const RULE_ACTIONS = ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"];

const TAG_ACTIONS = ["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"];

const CHANGE_ACTIONS = [
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
];

const INGRESS_CHANGE_ACTIONS = [
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
];

const WEB_ACL_ACTIONS = ["wafv2:AssociateWebACL", "wafv2:GetWebACL", "wafv2:GetWebACLForResource"];

/** Conditions: that a request gives the cluster's tag, and that what it is about has it. */
function tagged({ clusterName }: PolicyScope) {
  return {
    requested: { StringEquals: { [`aws:RequestTag/${CLUSTER_TAG}`]: clusterName } },
    owned: { StringEquals: { [`aws:ResourceTag/${CLUSTER_TAG}`]: clusterName } },
  };
}

function allow(
  Sid: string,
  Action: string[],
  Resource: string | string[],
  Condition?: NonNullable<PolicyStatement["Condition"]>,
): PolicyStatement {
  return {
    Sid,
    Effect: "Allow",
    Action,
    Resource,
    ...(Condition === undefined ? {} : { Condition }),
  };
}

function arn({ partition, region, accountId }: PolicyScope, service: string, resource: string) {
  return `arn:${partition}:${service}:${region}:${accountId}:${resource}`;
}
