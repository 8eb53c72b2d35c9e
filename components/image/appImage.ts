import { createHash } from "node:crypto";
import * as aws from "@pulumi/aws";
import * as awsx from "@pulumi/awsx";
import * as dockerBuild from "@pulumi/docker-build";
import builder from "@pulumi/docker-build/package.json" with { type: "json" };
import * as pulumi from "@pulumi/pulumi";
import { sentenceOf } from "../../app/contract/fault.ts";
import type { BuildContext } from "./buildContext.ts";

/** Number of images to keep, and so of possible roll-backs. */
const KEPT_IMAGES = 20;

/** The only platform that Fargate supports here, whatever computer builds the image. */
const PLATFORM = "linux/amd64";

export interface AppImageArgs {
  /** Build context of the image. */
  context: BuildContext;
  /** An image to run instead of a new one, such as an older one of the repository. @default - the image is built */
  image?: string | undefined;
  /** URN of the image in the state of an earlier version, see `formerImage`. @default - there is none */
  former?: pulumi.URN | undefined;
  /** Rejects pushing an existing tag. */
  immutableTags: boolean;
  /** Lets `pulumi destroy` delete the repository's images. */
  forceDelete: boolean;
}

/**
 * The app's image, built with Docker and pushed to its own repository. An update never deletes an image; the lifecycle rule
 * does, and `pulumi destroy` does together with the repository.
 *
 * Uses docker-build's image instead of `awsx.ecr.Image`, which brings docker-build 0.0.14. That version forgets an image when
 * its login to the registry has expired, and `awsx.ecr.Image` names it by its tag, so an update deletes the previous one.
 */
export class AppImage extends pulumi.ComponentResource {
  /** The image by digest, so that what was built is what runs. */
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

  /** Names the image by its content, so the same content is not built again, and other content replaces nothing. */
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
        // A new tag for each push, because tags may be immutable: a revert builds what was built before.
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
        // The provider deletes from the registry by digest, which other images may share.
        retainOnDelete: true,
        ...(former === undefined ? { ignoreChanges: ["tags"] } : { aliases: [former] }),
      },
    );
  }
}

/** The current time in characters that a tag allows, such as 20261127T101502123Z. */
function timestamp(): string {
  return new Date().toISOString().replaceAll(/[-:.]/g, "");
}
