import { itFinds, type Mutation } from "./mutations.ts";
import type { Plan, Planned } from "./plan.ts";

const ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess";
const OWN = "it must be a policy that names its actions; attach one of your own";

const found = (of: string, says: string): Mutation["expected"] => [
  { policy: "no-wildcard-permissions", of, says },
];

/** Puts a statement into the controller's policy. */
function allow(plan: Plan, statement: Record<string, unknown>): void {
  plan.put(
    plan.one("RolePolicy", "sockjs-sticky-dev"),
    ["policy"],
    JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", ...statement }] }),
  );
}

/** A mutation of the controller's policy, and what is found in it, if anything. */
const permission = (
  title: string,
  statement: Record<string, unknown>,
  got: string | undefined,
): Mutation => ({
  title,
  stack: "dev",
  change: (plan) => allow(plan, statement),
  expected:
    got === undefined
      ? []
      : found(
          "sockjs-sticky-dev",
          `statement ${got}; it must be without a wildcard in actions or in resources; list the actions one by one, or name the resources`,
        ),
});

const attachment = (plan: Plan): Planned =>
  plan.one("RolePolicyAttachment", "sockjs-sticky-dev-fargate-pods");

describe("policies of permissions find", () => {
  itFinds([
    permission(
      "all actions of a service on everything",
      { Sid: "All", Action: ["ec2:DescribeVpcs", "ec2:*"], Resource: "*" },
      "All of RolePolicy sockjs-sticky-dev is ec2:* on *",
    ),
    permission(
      "some actions on some resources, both by wildcards",
      { Action: "ec2:Describe*", Resource: ["arn:aws:ec2:us-east-1:111122223333:vpc/*"] },
      "1 of RolePolicy sockjs-sticky-dev is ec2:Describe* on arn:aws:ec2:us-east-1:111122223333:vpc/*",
    ),
    permission(
      "all actions but some",
      { NotAction: "iam:*", Resource: "*" },
      "1 of RolePolicy sockjs-sticky-dev is NotAction on *",
    ),
    permission(
      "all resources but some",
      { Action: "s3:*", NotResource: "arn:aws:s3:::secrets" },
      "1 of RolePolicy sockjs-sticky-dev is s3:* on NotResource",
    ),
    permission(
      "nothing in actions that are listed",
      { Action: ["ec2:DescribeVpcs"], Resource: "*" },
      undefined,
    ),
    permission(
      "nothing in all actions on one thing",
      { Action: "sqs:*", Resource: "arn:aws:sqs:us-east-1:111122223333:work" },
      undefined,
    ),
    permission(
      "nothing in what is denied",
      { Effect: "Deny", Action: "*", Resource: "*" },
      undefined,
    ),
    {
      title: "a policy of AWS that allows everything",
      stack: "dev",
      change: (plan) =>
        plan.put(attachment(plan), ["policyArn"], "arn:aws:iam::aws:policy/AdministratorAccess"),
      expected: found(
        "sockjs-sticky-dev-fargate-pods",
        'policyArn of RolePolicyAttachment sockjs-sticky-dev-fargate-pods is "arn:aws:iam::aws:policy/AdministratorAccess"; it must be a policy that names its actions; attach one of your own',
      ),
    },
    {
      title: "a policy of AWS that allows all of a service",
      stack: "dev",
      change: (plan) =>
        plan.put(attachment(plan), ["policyArn"], "arn:aws-cn:iam::aws:policy/AmazonS3FullAccess"),
      expected: found(
        "sockjs-sticky-dev-fargate-pods",
        'policyArn of RolePolicyAttachment sockjs-sticky-dev-fargate-pods is "arn:aws-cn:iam::aws:policy/AmazonS3FullAccess"; it must be a policy that names its actions; attach one of your own',
      ),
    },
    {
      title: "a role that is made with all rights",
      stack: "dev",
      change: (plan) =>
        plan.put(plan.one("Role", "sockjs-sticky-dev"), ["managedPolicyArns"], [ADMINISTRATOR]),
      expected: found(
        "sockjs-sticky-dev",
        `policyArn of Role sockjs-sticky-dev is ${JSON.stringify(ADMINISTRATOR)}; ${OWN}`,
      ),
    },
    ...Object.entries({
      PolicyAttachment: { policyArn: ADMINISTRATOR },
      RolePolicyAttachmentsExclusive: { policyArns: [ADMINISTRATOR] },
    }).map(([type, inputs]): Mutation => ({
      title: `all rights by a ${type}`,
      stack: "dev",
      change: (plan) => {
        const token = `aws:iam/${type.charAt(0).toLowerCase()}${type.slice(1)}:${type}`;
        plan.add(token, inputs, attachment(plan));
      },
      expected: found(
        "added",
        `policyArn of ${type} added is ${JSON.stringify(ADMINISTRATOR)}; ${OWN}`,
      ),
    })),
  ]);
});
