import type { ResourceValidationArgs } from "@pulumi/policy";
import { z } from "zod";

const texts = z.union([z.string(), z.array(z.string())]);

const STATEMENT = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(["Allow", "Deny"]),
  Principal: z.union([z.string(), z.record(z.string(), texts)]).optional(),
  NotPrincipal: z.unknown().optional(),
  Action: texts.optional(),
  NotAction: texts.optional(),
  Resource: texts.optional(),
  NotResource: texts.optional(),
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});

/** Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html */
const DOCUMENT = z.object({ Statement: z.union([STATEMENT, z.array(STATEMENT)]) });

/** A statement of a policy document of AWS. */
export type Statement = z.output<typeof STATEMENT>;

/** A policy document in a resource. */
export interface PolicyDocument {
  /** The name of the input, such as `policy`. */
  property: string;
  document: unknown;
}

/** Identity policies, which say what an identity may do: their input by type. */
const OF_IDENTITIES: Readonly<Record<string, string>> = {
  "aws:iam/groupPolicy:GroupPolicy": "policy",
  "aws:iam/policy:Policy": "policy",
  "aws:iam/rolePolicy:RolePolicy": "policy",
  "aws:iam/userPolicy:UserPolicy": "policy",
  "aws:iot/policy:Policy": "policy",
  "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy": "inlinePolicy",
};

/** Inputs of many types that are resource policies, which say who may use the resource. */
export const OF_RESOURCES = [
  "accessPolicies",
  "accessPolicy",
  "assumeRolePolicy",
  "deliveryDestinationPolicy",
  "policy",
  "policyDocument",
  "repositoryPolicy",
  "resourcePolicy",
];

/** Types whose `policy` is something else, or only restricts access, as for VPC endpoints. */
export const OF_OTHERS: readonly string[] = [
  "aws:ec2/vpcEndpoint:VpcEndpoint",
  "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy",
  "aws:ecr/lifecyclePolicy:LifecyclePolicy",
  "aws:eks/podIdentityAssociation:PodIdentityAssociation",
  "aws:iot/policyAttachment:PolicyAttachment",
  "aws:opensearch/serverlessAccessPolicy:ServerlessAccessPolicy",
  "aws:opensearch/serverlessLifecyclePolicy:ServerlessLifecyclePolicy",
  "aws:opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy",
  "aws:ses/receiptFilter:ReceiptFilter",
  "aws:sns/dataProtectionPolicy:DataProtectionPolicy",
  "aws:transfer/access:Access",
  "aws:transfer/user:User",
];

/** The identity policies in a resource. */
export function identityPolicies({ props, type }: ResourceValidationArgs): PolicyDocument[] {
  const property = OF_IDENTITIES[type];
  if (property !== undefined) {
    return [{ property, document: props[property] as unknown }];
  }
  const inline = type === "aws:iam/role:Role" ? [props.inlinePolicies ?? []].flat() : [];
  return inline
    .map((each: { policy?: unknown } | null, index) => ({
      property: `inlinePolicies[${index}]`,
      document: each?.policy,
    }))
    .filter(({ document }) => document !== undefined);
}

/** The resource policies in a resource. */
export function resourcePolicies({ props, type }: ResourceValidationArgs): PolicyDocument[] {
  return type.startsWith("aws:") && OF_IDENTITIES[type] === undefined && !OF_OTHERS.includes(type)
    ? OF_RESOURCES.map((property) => ({
        property,
        document: props[property] as unknown,
      })).filter(({ document }) => document !== undefined && document !== "")
    : [];
}

/** The statements of a document or its JSON; undefined if AWS could not read them either. */
export function statementsOf(document: unknown): Statement[] | undefined {
  const read = DOCUMENT.safeParse(typeof document === "string" ? parsed(document) : document);
  return read.success ? [read.data.Statement].flat() : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
