import { itJudges, of, packOfSuite, type Case } from "./policyCases.ts";

const POLICY = "aws:iam/policy:Policy";
const ROLE = "aws:iam/role:Role";

const document = (...statements: object[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });

/** A statement by which somebody may take a role. */
const trust = (principal: unknown, condition?: object): string =>
  document({
    Effect: "Allow",
    Principal: principal,
    Action: "sts:AssumeRole",
    ...(condition && { Condition: condition }),
  });

const unreadable = (title: string, policy: unknown): Case =>
  of(`a policy document that is ${title}`, POLICY, { policy }, "policy of Policy one is ");

const handedOver = (action: string, statement: object = {}): Case =>
  of(
    `${action} on ${JSON.stringify({ Resource: "*", ...statement })}`,
    POLICY,
    { policy: document({ Effect: "Allow", Action: [action], Resource: "*", ...statement }) },
    `statement 1 of Policy one is ${action} on `,
  );

const open = (title: string, type: string, inputs: Record<string, unknown>, start: string): Case =>
  of(title, type, inputs, start);

const ACCOUNT = { StringEquals: { "aws:SourceAccount": "111122223333" } };

describe("the policy of permissions", () => {
  const pack = packOfSuite();
  itJudges(pack, "no-wildcard-permissions", [
    unreadable("no JSON", "{"),
    unreadable("empty", ""),
    unreadable("not an object", "[]"),
    unreadable("without statements", "{}"),
    unreadable("of statements that are null", '{"Statement":null}'),
    unreadable("of a statement that is null", '{"Statement":[null]}'),
    unreadable("of a statement that is text", '{"Statement":"all"}'),
    unreadable("of a statement without an effect", document({ Action: "s3:*", Resource: "*" })),
    unreadable("of an effect in small letters", document({ Effect: "allow", Action: "*" })),
    unreadable("of an element in small letters", document({ Effect: "Allow", action: "*" })),
    unreadable("of actions that are no text", document({ Effect: "Allow", Action: [{}] })),
    unreadable("a number", 3),
    of("a policy without a document", POLICY, { name: "all" }, "policy of Policy one is not set"),
    of(
      "an inline policy that is no JSON",
      ROLE,
      { inlinePolicies: [{ policy: "{" }] },
      "inlinePolicies[0] of Role one is ",
    ),
    of("no inline policy, which is an empty one", ROLE, { inlinePolicies: [{}] }),
    of(
      "a trust policy that is no JSON",
      ROLE,
      { assumeRolePolicy: "{" },
      "assumeRolePolicy of Role one is ",
    ),
    of("an object as it is", POLICY, {
      policy: {
        Statement: { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::a/*" },
      },
    }),
    of("no statements at all", POLICY, { policy: document() }),

    handedOver("iam:PassRole"),
    handedOver("IAM:passrole"),
    handedOver("iam:PassRole", { Resource: ["arn:aws:iam::111122223333:role/*"] }),
    handedOver("iam:PassRole", {
      Resource: undefined,
      NotResource: "arn:aws:iam::111122223333:role/a",
    }),
    handedOver("iam:PassRole", {
      Condition: { StringEquals: { "iam:PassedToService": "ec2.amazonaws.com" } },
    }),
    handedOver("iam:PutRolePolicy"),
    handedOver("sts:AssumeRole"),
    of("iam:PassRole of one role", POLICY, {
      policy: document({
        Effect: "Allow",
        Action: "iam:PassRole",
        Resource: "arn:aws:iam::111122223333:role/a",
      }),
    }),
    of("iam:PassRole on everything where it is denied", POLICY, {
      policy: document({ Effect: "Deny", Action: "iam:PassRole", Resource: "*" }),
    }),
    of(
      "a wildcard in the inline policy of a permission set",
      "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy",
      { inlinePolicy: document({ Effect: "Allow", Action: "s3:*", Resource: "*" }) },
      "statement 1 of PermissionSetInlinePolicy one is s3:* on *",
    ),

    ...["*", { AWS: "*" }, { AWS: ["arn:aws:iam::111122223333:root", "*"] }, { Service: "*" }].map(
      (principal) =>
        open(
          `a trust policy for ${JSON.stringify(principal)}`,
          ROLE,
          { assumeRolePolicy: trust(principal) },
          "assumeRolePolicy of Role one allows everybody by Principal ",
        ),
    ),
    open(
      "a trust policy for all but some",
      ROLE,
      {
        assumeRolePolicy: document({
          Effect: "Allow",
          NotPrincipal: { AWS: "arn:aws:iam::111122223333:root" },
          Action: "sts:AssumeRole",
        }),
      },
      "assumeRolePolicy of Role one allows everybody by NotPrincipal",
    ),
    open(
      "a trust policy for everybody with a token of a provider",
      ROLE,
      { assumeRolePolicy: trust({ Federated: "token.actions.githubusercontent.com" }) },
      "assumeRolePolicy of Role one allows everybody by Principal Federated ",
    ),
    ...Object.entries({
      "a bucket's policy": ["aws:s3/bucketPolicy:BucketPolicy", "policy"],
      "a bucket's own policy": ["aws:s3/bucket:Bucket", "policy"],
      "a key's policy": ["aws:kms/key:Key", "policy"],
      "the policy of a key elsewhere": ["aws:kms/keyPolicy:KeyPolicy", "policy"],
      "a queue's policy": ["aws:sqs/queuePolicy:QueuePolicy", "policy"],
      "a topic's policy": ["aws:sns/topicPolicy:TopicPolicy", "policy"],
      "a repository's policy": ["aws:ecr/repositoryPolicy:RepositoryPolicy", "policy"],
      "a secret's policy": ["aws:secretsmanager/secretPolicy:SecretPolicy", "policy"],
      "the policy of a file system": ["aws:efs/fileSystemPolicy:FileSystemPolicy", "policy"],
      "the policy of a search domain": ["aws:opensearch/domain:Domain", "accessPolicies"],
      "the policy of log destinations": [
        "aws:cloudwatch/logDestinationPolicy:LogDestinationPolicy",
        "accessPolicy",
      ],
    } as const).map(([title, [type, property]]) =>
      open(
        `${title} for everybody`,
        type,
        {
          [property]: document({
            Effect: "Allow",
            Principal: { AWS: "*" },
            Action: "kms:*",
            Resource: "*",
          }),
        },
        `${property} of ${type.split(":").at(-1)} one allows everybody by Principal AWS *`,
      ),
    ),
    of("a key's policy for its account, on everything that is the key", "aws:kms/key:Key", {
      policy: document({
        Effect: "Allow",
        Principal: { AWS: "arn:aws:iam::111122223333:root" },
        Action: "kms:*",
        Resource: "*",
      }),
    }),
    of("a policy that denies everybody", "aws:s3/bucketPolicy:BucketPolicy", {
      policy: document({ Effect: "Deny", Principal: "*", Action: "s3:*", Resource: "*" }),
    }),
    of("everybody of an account", ROLE, { assumeRolePolicy: trust("*", ACCOUNT) }),
    of("everybody from some addresses", ROLE, {
      assumeRolePolicy: trust("*", { IpAddress: { "aws:SourceIp": ["8.8.8.0/24"] } }),
    }),
    of("everybody by the ARN of an account", ROLE, {
      assumeRolePolicy: trust("*", {
        ArnLike: { "aws:PrincipalArn": "arn:aws:iam::111122223333:role/*" },
      }),
    }),
    ...[
      { Bool: { "aws:SecureTransport": "true" } },
      { StringEqualsIfExists: ACCOUNT.StringEquals },
      { StringNotEquals: ACCOUNT.StringEquals },
      { StringLike: { "aws:SourceAccount": "*" } },
      { IpAddress: { "aws:SourceIp": ["0.0.0.0/1", "8.8.8.0/24"] } },
      { StringEquals: { "aws:RequestedRegion": "us-east-1" } },
    ].map((condition) =>
      open(
        `everybody under a condition that names nobody, ${JSON.stringify(condition)}`,
        ROLE,
        { assumeRolePolicy: trust("*", condition) },
        "assumeRolePolicy of Role one allows everybody by Principal *",
      ),
    ),
    of("what is no policy of a resource", "aws:ecr/lifecyclePolicy:LifecyclePolicy", {
      policy: '{"rules":[]}',
    }),
    of("the policy of a VPC endpoint, which is for everybody", "aws:ec2/vpcEndpoint:VpcEndpoint", {
      policy: document({ Effect: "Allow", Principal: "*", Action: "*", Resource: "*" }),
    }),
    open(
      "a function for everybody",
      "aws:lambda/permission:Permission",
      { principal: "*" },
      "Permission one allows everybody by principal *",
    ),
    of("a function for everybody of an account", "aws:lambda/permission:Permission", {
      principal: "*",
      sourceAccount: "111122223333",
    }),
    open(
      "a public bucket",
      "aws:s3/bucketAcl:BucketAcl",
      { acl: "public-read" },
      "BucketAcl one allows everybody by acl public-read",
    ),
    open(
      "a bucket with a grant for everybody",
      "aws:s3/bucket:Bucket",
      { grants: [{ uri: "http://acs.amazonaws.com/groups/global/AllUsers" }] },
      "Bucket one allows everybody by acl http://acs.amazonaws.com/groups/global/AllUsers",
    ),
    of("a private bucket", "aws:s3/bucketAcl:BucketAcl", { acl: "private" }),
  ]);
});
