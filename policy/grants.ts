import * as aws from "@pulumi/aws";
import type { ResourceValidationArgs } from "@pulumi/policy";
import type { Statement } from "./documents.ts";
import { isEverybody } from "./addresses.ts";

/**
 * Condition keys that limit access to named principals, if their values do.
 *
 * Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 * ("The meaning of public"), https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
 */
const NAMING_KEYS = new Set(
  [
    ...["PrincipalAccount", "PrincipalArn", "PrincipalOrgID", "PrincipalOrgPaths", "SourceAccount"],
    ...["SourceArn", "SourceIp", "SourceOrgID", "SourceOrgPaths", "SourceOwner", "SourceVpc"],
    ...["SourceVpce", "userid"],
  ]
    .map((key) => `aws:${key}`)
    .concat("kms:CallerAccount", "s3:DataAccessPointAccount", "s3:DataAccessPointArn")
    .map((key) => key.toLowerCase()),
);

/** Operators that require one of the values; others also hold if a request has no value, or another one. */
const ASKING =
  /^(ForAnyValue:)?(String(Equals|EqualsIgnoreCase|Like)|Arn(Equals|Like)|IpAddress)$/i;

/** Access control lists of S3 that allow everybody, or everybody with an AWS account. */
const PUBLIC_LISTS = /^(public-|authenticated-read$)|\/groups\/global\//;

/** The principals by which a statement of a resource policy allows everybody. */
export function publicGrantsOf(statement: Statement): string[] {
  const { Condition = {}, Effect, NotPrincipal, Principal } = statement;
  if (Effect !== "Allow" || isNamed(Condition)) {
    return [];
  }
  const principals =
    typeof Principal === "string"
      ? { "": Principal }
      : ((Principal ?? {}) as Record<string, string>);
  const everybody = Object.entries(principals).flatMap(([kind, names]) => {
    // Without a condition, every token of the provider is accepted.
    const isOpen = kind === "Federated" && Object.keys(Condition).length === 0;
    return [names]
      .flat()
      .filter((name) => name.includes("*") || isOpen)
      .map((name) => `Principal ${kind === "" ? name : `${kind} ${name}`}`);
  });
  return NotPrincipal === undefined ? everybody : ["NotPrincipal", ...everybody];
}

/** The inputs by which a resource without a policy document allows everybody. */
export function grantsOf(args: ResourceValidationArgs): string[] {
  const permission = args.asType(aws.lambda.Permission);
  const { principalOrgId, sourceAccount, sourceArn } = permission ?? {};
  const isOpen =
    permission?.principal === "*" && (principalOrgId ?? sourceAccount ?? sourceArn) === undefined;
  const event = args.asType(aws.cloudwatch.EventPermission);
  return [
    ...(isOpen ? ["principal *"] : []),
    ...(event?.principal === "*" && event.condition === undefined ? ["principal *"] : []),
    ...(args.type.startsWith("aws:s3/") ? listsOf(args.props).map((list) => `acl ${list}`) : []),
  ];
}

/** Public access control lists in the inputs of a bucket, an object or a list. */
function listsOf(props: Record<string, unknown>): string[] {
  const { accessControlPolicy, acl, grants } = props;
  const texts = JSON.stringify([accessControlPolicy, grants]);
  const groups = texts.match(/https?:\/\/[^"]*\/groups\/global\/\w+/g) ?? [];
  return [...(typeof acl === "string" ? [acl] : []), ...groups].filter((list) =>
    PUBLIC_LISTS.test(list),
  );
}

function isNamed(conditions: Record<string, Record<string, unknown>>): boolean {
  return Object.entries(conditions)
    .filter(([operator]) => ASKING.test(operator))
    .flatMap(([, keys]) => Object.entries(keys))
    .some(
      ([key, values]) =>
        NAMING_KEYS.has(key.toLowerCase()) &&
        [values].flat().every((value) => isLimiting(String(value))),
    );
}

/** Whether a value limits access: it has an account, or neither a wildcard nor a block of all addresses. */
function isLimiting(value: string): boolean {
  return /:\d{12}:/.test(value) || !(/[*?]/.test(value) || isEverybody([value]));
}
