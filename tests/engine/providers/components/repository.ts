import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

interface Rule {
  description: string;
  tagStatus: string;
  maximumAgeLimit?: number;
  maximumNumberOfImages?: number;
}

interface RepositoryArgs {
  name: string;
  forceDelete: boolean;
  imageScanningConfiguration: { scanOnPush: boolean };
  imageTagMutability: string;
  lifecyclePolicy: { rules: Rule[] };
}

/**
 * `awsx.ecr.Repository`: a repository, and a policy with the rules by priority, that for any image last
 * (awsx/ecr/repository.ts in https://github.com/pulumi/pulumi-awsx).
 */
export class Repository extends pulumi.ComponentResource {
  readonly state: Record<string, unknown>;

  constructor(
    name: string,
    { lifecyclePolicy: { rules }, ...args }: RepositoryArgs,
    opts: pulumi.ComponentResourceOptions,
  ) {
    super("awsx:ecr:Repository", name, {}, opts);
    const childName = name.toLowerCase();
    const repository = new aws.ecr.Repository(childName, args, { parent: this });
    const isForAny = ({ tagStatus }: Rule): boolean => tagStatus === "any";
    const byPriority = [...rules.filter((rule) => !isForAny(rule)), ...rules.filter(isForAny)];
    const policy = { rules: byPriority.map((rule, n) => expiry(rule, n + 1)) };
    const lifecyclePolicy = new aws.ecr.LifecyclePolicy(
      childName,
      { repository: repository.name, policy: JSON.stringify(policy) },
      { parent: this },
    );
    this.state = { repository, lifecyclePolicy, url: repository.repositoryUrl };
    this.registerOutputs(this.state);
  }
}

function expiry(
  { description, tagStatus, maximumAgeLimit, maximumNumberOfImages }: Rule,
  rulePriority: number,
) {
  const count =
    maximumNumberOfImages === undefined
      ? { countType: "sinceImagePushed", countNumber: maximumAgeLimit, countUnit: "days" }
      : { countType: "imageCountMoreThan", countNumber: maximumNumberOfImages };
  const selection = { tagStatus, ...count };
  return { rulePriority, description, action: { type: "expire" }, selection };
}
