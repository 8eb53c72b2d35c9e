import * as aws from "@pulumi/aws";
import type {
  ReportViolation,
  ResourceValidationArgs,
  ResourceValidationPolicy,
} from "@pulumi/policy";
import { cut } from "../app/contract/shown.ts";
import {
  identityPolicies,
  resourcePolicies,
  statementsOf,
  type PolicyDocument,
  type Statement,
} from "./documents.ts";
import { grantsOf, publicGrantsOf } from "./grants.ts";
import { named } from "./stack.ts";
import { known, reportFault, UNKNOWN } from "./violation.ts";

/** AWS managed policies that allow a whole service, or all services, on all resources. */
const SWEEPING = /:policy\/(.*\/)?(AdministratorAccess|PowerUserAccess|\w+FullAccess)$/;

const EXAMPLE_DOCUMENT =
  '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs/*"}]}';

/**
 * Actions that amount to all actions if they are allowed on all resources: they grant the rights of others.
 *
 * Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html,
 * https://github.com/RhinoSecurityLabs/AWS-IAM-Privilege-Escalation
 */
const ESCALATING = new Set(
  [
    ...["AddUserToGroup", "AttachGroupPolicy", "AttachRolePolicy", "AttachUserPolicy"],
    ...["CreateAccessKey", "CreateLoginProfile", "CreatePolicyVersion", "PassRole"],
    ...["DeleteRolePermissionsBoundary", "DeleteUserPermissionsBoundary", "PutGroupPolicy"],
    ...["PutRolePermissionsBoundary", "PutRolePolicy", "PutUserPermissionsBoundary"],
    ...["PutUserPolicy", "SetDefaultPolicyVersion", "UpdateAssumeRolePolicy", "UpdateLoginProfile"],
  ]
    .map((action) => `iam:${action}`)
    .concat("sts:AssumeRole")
    // AWS ignores case.
    .map((action) => action.toLowerCase()),
);

/**
 * A statement may have a wildcard in its actions or in its resources, not in both. Actions that AWS cannot scope, such as
 * ec2:DescribeSubnets, are thus listed one by one; actions that grant rights are limited to named resources.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export const noWildcards: ResourceValidationPolicy = {
  name: "no-wildcard-permissions",
  description: "No policy allows a wildcard of actions on a wildcard of resources, or everybody.",
  validateResource: (args, report) => {
    for (const each of identityPolicies(args)) {
      statements(each, args, report).forEach((one, index) =>
        checkRights(one, index, named(args), report),
      );
    }
    // A trust policy may depend on a new resource; the next preview checks it.
    const policies = known(() => resourcePolicies(args));
    for (const each of policies === UNKNOWN ? [] : policies) {
      const grants = statements(each, args, report).flatMap((one) => publicGrantsOf(one));
      reportGrants(grants, `${each.property} of ${named(args)}`, report);
    }
    reportGrants(grantsOf(args), named(args), report);
    for (const attached of attachedTo(args).filter((arn) => SWEEPING.test(arn))) {
      reportFault(report, {
        name: `policyArn of ${named(args)}`,
        got: attached,
        mustBe: "a policy that names its actions",
        fix: "attach one of your own",
      });
    }
  },
};

/** The statements of a document; one that cannot be read is a violation. */
function statements(
  { document, property }: PolicyDocument,
  args: ResourceValidationArgs,
  report: ReportViolation,
): Statement[] {
  const read = statementsOf(document);
  if (read === undefined) {
    reportFault(report, {
      name: `${property} of ${named(args)}`,
      got: document,
      mustBe: "a policy document with statements that AWS can read",
      example: EXAMPLE_DOCUMENT,
    });
  }
  return read ?? [];
}

function reportGrants(grants: readonly string[], owner: string, report: ReportViolation): void {
  for (const grant of grants) {
    reportFault(report, {
      name: owner,
      problem: `allows everybody by ${grant}`,
      mustBe: "limited to named principals, or to a condition that names them",
      example: "aws:SourceAccount",
    });
  }
}

/** ARNs of the policies that a resource attaches, one or several. */
function attachedTo(args: ResourceValidationArgs): string[] {
  const single = [
    args.asType(aws.iam.RolePolicyAttachment),
    args.asType(aws.iam.UserPolicyAttachment),
    args.asType(aws.iam.GroupPolicyAttachment),
    args.asType(aws.iam.PolicyAttachment),
  ].map((each) => each?.policyArn);
  const several = [
    args.asType(aws.iam.RolePolicyAttachmentsExclusive),
    args.asType(aws.iam.UserPolicyAttachmentsExclusive),
    args.asType(aws.iam.GroupPolicyAttachmentsExclusive),
  ].map((each) => each?.policyArns);
  const own = args.asType(aws.iam.Role)?.managedPolicyArns;
  return [...single, ...several, own].flat().filter((arn) => arn !== undefined);
}

function checkRights(
  statement: Statement,
  index: number,
  owner: string,
  report: ReportViolation,
): void {
  const { Action, Effect, NotAction, NotResource, Resource, Sid = String(index + 1) } = statement;
  // NotAction and NotResource are wildcards.
  const actions = NotAction === undefined ? wildcardsOf(Action) : ["NotAction"];
  const resources = NotResource === undefined ? wildcardsOf(Resource) : ["NotResource"];
  if (Effect !== "Allow" || resources.length === 0) {
    return;
  }
  if (actions.length > 0) {
    reportFault(report, {
      name: `statement ${Sid} of ${owner}`,
      problem: `is ${cut(actions.join(", "))} on ${cut(resources.join(", "))}`,
      mustBe: "without a wildcard in actions or in resources",
      fix: "list the actions one by one, or name the resources",
    });
  }
  for (const action of textsOf(Action).filter((each) => ESCALATING.has(each.toLowerCase()))) {
    reportFault(report, {
      name: `statement ${Sid} of ${owner}`,
      problem: `is ${action} on ${cut(resources.join(", "))}`,
      mustBe: "on named resources, because the action grants their rights",
      example: "arn:aws:iam::111122223333:role/apps",
    });
  }
}

function wildcardsOf(patterns: string | string[] | undefined): string[] {
  return textsOf(patterns).filter((pattern) => /[*?]/.test(pattern));
}

function textsOf(texts: string | string[] | undefined): string[] {
  return [texts ?? []].flat();
}
