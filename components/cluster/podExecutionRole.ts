import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

export interface PodExecutionRoleArgs {
  clusterName: string;
  /** ARN of the log group of the pods' logs. @default - the pods may not write logs */
  logGroupArn?: pulumi.Input<string> | undefined;
}

/**
 * The role with which Fargate, rather than the pod, pulls images and writes logs.
 *
 * Source: https://docs.aws.amazon.com/eks/latest/userguide/pod-execution-role.html
 */
export class PodExecutionRole extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: PodExecutionRoleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:PodExecutionRole", name, {}, opts);
    const inParent = { parent: this };
    const { partition } = aws.getPartitionOutput({}, inParent);
    const { accountId } = aws.getCallerIdentityOutput({}, inParent);
    const { region } = aws.getRegionOutput({}, inParent);
    const profiles = pulumi.interpolate`arn:${partition}:eks:${region}:${accountId}:fargateprofile/${args.clusterName}/*`;
    const trust: aws.iam.PolicyDocument = {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "eks-fargate-pods.amazonaws.com" },
          Action: "sts:AssumeRole",
          Condition: { ArnLike: { "aws:SourceArn": profiles } },
        },
      ],
    };
    const role = new aws.iam.Role(
      name,
      {
        description: `Pulls images and writes logs for the Fargate pods of ${args.clusterName}`,
        assumeRolePolicy: pulumi.jsonStringify(trust),
      },
      inParent,
    );
    const attachment = new aws.iam.RolePolicyAttachment(
      name,
      {
        role: role.name,
        policyArn: pulumi.interpolate`arn:${partition}:iam::aws:policy/AmazonEKSFargatePodExecutionRolePolicy`,
      },
      inParent,
    );
    const logs =
      args.logGroupArn === undefined
        ? []
        : [
            new aws.iam.RolePolicy(
              `${name}-logs`,
              { role: role.name, policy: pulumi.jsonStringify(loggingPolicy(args.logGroupArn)) },
              inParent,
            ),
          ];
    // The dependency makes users of the role wait for its policies.
    const policies = pulumi.all([attachment, ...logs].map(({ id }) => id));
    this.arn = pulumi.all([role.arn, policies]).apply(([arn]) => arn);
    this.registerOutputs({ arn: this.arn });
  }
}

/** Without logs:CreateLogGroup, which would create the group again after it was deleted. */
function loggingPolicy(logGroupArn: pulumi.Input<string>): aws.iam.PolicyDocument {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
        Resource: [logGroupArn, pulumi.interpolate`${logGroupArn}:*`],
      },
    ],
  };
}
