import { createHash } from "node:crypto";
import * as aws from "@pulumi/aws";
import * as awsx from "@pulumi/awsx";
import * as dockerBuild from "@pulumi/docker-build";
import builder from "@pulumi/docker-build/package.json" with { type: "json" };
import * as pulumi from "@pulumi/pulumi";
import { sentenceOf } from "../../app/contract/fault.ts";
import type { BuildContext } from "./buildContext.ts";

/** Images that are kept: as many roll-backs are possible. */
const KEPT_IMAGES = 20;

/** Fargate runs no other, whatever the computer is that builds. */
const PLATFORM = "linux/amd64";

export interface AppImageArgs {
  /** What the image is built from. */
  context: BuildContext;
  /** An image to run instead, for example an older one of the repository. @default - the image is built */
  image?: string | undefined;
  /** URN of the image in the state of an earlier version, see `formerImage`. @default - there is none */
  former?: pulumi.URN | undefined;
  /** Forbids to push a tag a second time. */
  immutableTags: boolean;
  /** Has `pulumi destroy` delete the images, too. */
  forceDelete: boolean;
}

/**
 * The app's image, built with Docker and pushed to a repository of its own. An update deletes no image: the lifecycle rule
 * does, and `pulumi destroy`, with the repository.
 *
 * The image is docker-build's own, not `awsx.ecr.Image`, which brings docker-build 0.0.14: that one forgets an image when its
 * login to the registry has expired, and `awsx.ecr.Image` names it by its tag, so that an update deletes the one before.
 */
export class AppImage extends pulumi.ComponentResource {
  /** The image by digest: what was built is what runs. */
  readonly imageUri: pulumi.Output<string>;
  readonly repositoryUrl: pulumi.Output<string>;

  constructor(name: string, args: AppImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:AppImage", name, {}, opts);
    const { image, former } = args;
    if (image !== undefined && former !== undefined) {
      throw new pulumi.ResourceError(
        sentenceOf({
          name: "image",
          got: image,
          mustBe:
            "empty in the first update after an earlier version, which would delete the image that it built",
          fix: "run `pulumi up` without image first",
        }),
        this,
        true,
      );
    }
    const repository = new awsx.ecr.Repository(
      name,
      {
        name,
        forceDelete: args.forceDelete,
        imageScanningConfiguration: { scanOnPush: true },
        imageTagMutability: args.immutableTags ? "IMMUTABLE" : "MUTABLE",
        lifecyclePolicy: {
          rules: [
            { description: "untagged: a day", tagStatus: "untagged", maximumAgeLimit: 1 },
            {
              description: "all: the newest",
              tagStatus: "any",
              maximumNumberOfImages: KEPT_IMAGES,
            },
          ],
        },
      },
      { parent: this },
    );
    this.repositoryUrl = repository.url;
    this.imageUri =
      image === undefined
        ? pulumi.interpolate`${repository.url}@${this.#build(name, args, repository.url).digest}`
        : pulumi.output(image);
    this.registerOutputs({ imageUri: this.imageUri, repositoryUrl: this.repositoryUrl });
  }

  /** Named by what it is built from: the same is not built again, and another one takes nothing away. */
  #build(
    name: string,
    { context: { location, hash }, former }: AppImageArgs,
    url: pulumi.Output<string>,
  ): dockerBuild.Image {
    const login = aws.ecr.getAuthorizationTokenOutput({}, { parent: this });
    const content = createHash("sha256")
      .update(JSON.stringify([hash, PLATFORM, builder.version]))
      .digest("hex")
      .slice(0, hash.length);
    return new dockerBuild.Image(
      `${name}-${content}`,
      {
        push: true,
        // Pushed once only, for tags may be immutable: a revert builds what was built before, and a push may be repeated.
        tags: [pulumi.interpolate`${url}:${content}-${timestamp()}`],
        context: { location },
        platforms: [PLATFORM],
        registries: [
          {
            address: login.proxyEndpoint,
            username: login.userName,
            password: pulumi.secret(login.password),
          },
        ],
      },
      {
        parent: this,
        // The provider would delete it from the registry by its digest, which others may run.
        retainOnDelete: true,
        ...(former === undefined ? { ignoreChanges: ["tags"] } : { aliases: [former] }),
      },
    );
  }
}

/** The time of now as a tag may have it: 20261127T101502123Z. */
function timestamp(): string {
  return new Date().toISOString().replaceAll(/[-:.]/g, "");
}
