import * as aws from "@pulumi/aws";
import type {
  ReportViolation,
  ResourceValidationArgs,
  ResourceValidationPolicy,
} from "@pulumi/policy";
import { named } from "./stack.ts";

/** The parts of a statement that say what is allowed on what. */
interface Statement {
  Sid?: string;
  Effect: string;
  Action?: string | string[];
  NotAction?: string | string[];
  Resource?: string | string[];
  NotResource?: string | string[];
}

/** Policies of AWS that allow a whole service or all of them, on everything. */
const SWEEPING = /:policy\/(.*\/)?(AdministratorAccess|PowerUserAccess|\w+FullAccess)$/;

/**
 * A wildcard may be in a statement's actions or in its resources. Actions that AWS lets nobody scope, such as
 * ec2:DescribeSubnets, thus stand one by one.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export const noWildcards: ResourceValidationPolicy = {
  name: "no-wildcard-permissions",
  description: "No policy allows a wildcard of actions on a wildcard of resources.",
  validateResource: (args, report) => {
    documentsOf(args)
      .flatMap((document) => statementsOf(document))
      .forEach((statement, index) => checkStatement(statement, index, named(args), report));
    for (const attached of attachedTo(args).filter((arn) => SWEEPING.test(arn))) {
      report(
        `policyArn of ${named(args)} is ${JSON.stringify(attached)}: allowed is a policy that names its actions; attach one of your own`,
      );
    }
  },
};

function documentsOf(args: ResourceValidationArgs): unknown[] {
  const own = [
    args.asType(aws.iam.RolePolicy),
    args.asType(aws.iam.UserPolicy),
    args.asType(aws.iam.GroupPolicy),
    args.asType(aws.iam.Policy),
  ].map((each) => each?.policy);
  const inline = args.asType(aws.iam.Role)?.inlinePolicies ?? [];
  return [...own, ...inline.map(({ policy }) => policy)].filter((each) => each !== undefined);
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

function statementsOf(document: unknown): Statement[] {
  const { Statement } = (typeof document === "string" ? JSON.parse(document) : document) as {
    Statement: Statement | Statement[];
  };
  return [Statement].flat();
}

function checkStatement(
  statement: Statement,
  index: number,
  owner: string,
  report: ReportViolation,
): void {
  const { Action, Effect, NotAction, NotResource, Resource, Sid = String(index + 1) } = statement;
  // All but some are a wildcard.
  const actions = NotAction === undefined ? wildcardsOf(Action) : ["NotAction"];
  const resources = NotResource === undefined ? wildcardsOf(Resource) : ["NotResource"];
  if (Effect === "Allow" && actions.length > 0 && resources.length > 0) {
    report(
      `statement ${Sid} of ${owner} is ${actions.join(", ")} on ${resources.join(", ")}: allowed is a wildcard in actions or in resources, not in both; list the actions one by one, or name the resources`,
    );
  }
}

function wildcardsOf(patterns: string | string[] | undefined): string[] {
  return [patterns ?? []].flat().filter((pattern) => /[*?]/.test(pattern));
}
