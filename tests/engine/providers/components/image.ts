import { createHash } from "node:crypto";
import * as aws from "@pulumi/aws";
import * as dockerBuild from "@pulumi/docker-build";
import * as pulumi from "@pulumi/pulumi";

interface RepositoryArgs {
  name: string;
  forceDelete: boolean;
  imageScanningConfiguration: { scanOnPush: boolean };
  imageTagMutability: string;
  lifecyclePolicy: {
    rules: {
      description: string;
      tagStatus: string;
      maximumAgeLimit?: number;
      maximumNumberOfImages?: number;
    }[];
  };
}

/** `awsx.ecr.Repository`: a repository, and a policy with the rules by priority. */
export class Repository extends pulumi.ComponentResource {
  readonly state: Record<string, unknown>;

  constructor(
    name: string,
    { lifecyclePolicy: { rules }, ...args }: RepositoryArgs,
    opts: pulumi.ComponentResourceOptions,
  ) {
    super("awsx:ecr:Repository", name, {}, opts);
    const repository = new aws.ecr.Repository(name, args, { parent: this });
    const policy = {
      rules: rules.map(({ description, tagStatus, maximumAgeLimit, maximumNumberOfImages }, n) => ({
        rulePriority: n + 1,
        description,
        action: { type: "expire" },
        selection:
          maximumAgeLimit === undefined
            ? { tagStatus, countType: "imageCountMoreThan", countNumber: maximumNumberOfImages }
            : { tagStatus, countType: "sinceImagePushed", countNumber: maximumAgeLimit },
      })),
    };
    const lifecyclePolicy = new aws.ecr.LifecyclePolicy(
      name,
      { repository: repository.name, policy: JSON.stringify(policy) },
      { parent: this },
    );
    this.state = { repository, lifecyclePolicy, url: repository.repositoryUrl };
    this.registerOutputs(this.state);
  }
}

interface ImageArgs {
  repositoryUrl: pulumi.Output<string>;
  context: string;
  imageTag: string;
  platform: "linux/amd64";
}

/** `awsx.ecr.Image`: an image of docker-build, pushed with a token of the registry. */
export class Image extends pulumi.ComponentResource {
  readonly state: Record<string, unknown>;

  constructor(name: string, args: ImageArgs, opts: pulumi.ComponentResourceOptions) {
    super("awsx:ecr:Image", name, {}, opts);
    const { context, imageTag, platform } = args;
    const url = pulumi.output(args.repositoryUrl);
    const registryId = url.apply((each) => each.split(".")[0] ?? "");
    const login = aws.ecr.getAuthorizationTokenOutput({ registryId }, { parent: this });
    const hash = createHash("sha1")
      .update(JSON.stringify([name, context]))
      .digest("hex");
    const image = new dockerBuild.Image(
      `${hash.slice(0, 8)}-container`,
      {
        push: true,
        tags: [pulumi.interpolate`${url}:${imageTag}`],
        context: { location: context },
        platforms: [platform],
        registries: [
          {
            address: url.apply((each) => `https://${each.split("/")[0] ?? ""}`),
            username: login.userName,
            password: login.password,
          },
        ],
      },
      { parent: this },
    );
    this.state = { imageUri: pulumi.interpolate`${url}@${image.digest}` };
    this.registerOutputs(this.state);
  }
}
