import * as awsx from "@pulumi/awsx";
import * as pulumi from "@pulumi/pulumi";
import { contentTag } from "./contentTag.ts";

/** Images that are kept: as many roll-backs are possible. */
const KEPT_IMAGES = 20;

export interface AppImageArgs {
  /** Folder with the Dockerfile. */
  context: string;
  /** Forbids to push a tag a second time. */
  immutableTags: boolean;
  /** Has `pulumi destroy` delete the images, too. */
  forceDelete: boolean;
}

/** The app's image, built with Docker and pushed to a repository of its own. */
export class AppImage extends pulumi.ComponentResource {
  /** The image by digest: what was built is what runs. */
  readonly imageUri: pulumi.Output<string>;
  readonly repositoryUrl: pulumi.Output<string>;

  constructor(name: string, args: AppImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:AppImage", name, {}, opts);
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
    const image = new awsx.ecr.Image(
      name,
      {
        repositoryUrl: repository.url,
        context: args.context,
        // The default tag is made from path and arguments: a second build would push it again.
        imageTag: contentTag(args.context),
        // Fargate runs no other, whatever the computer is that builds.
        platform: "linux/amd64",
      },
      { parent: this },
    );
    this.imageUri = image.imageUri;
    this.repositoryUrl = repository.url;
    this.registerOutputs({ imageUri: this.imageUri, repositoryUrl: this.repositoryUrl });
  }
}
