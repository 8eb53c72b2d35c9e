import * as pulumi from "@pulumi/pulumi";
import { AppImage } from "./appImage.ts";
import { copyContext } from "./buildContext.ts";

export interface WorkloadImagesArgs {
  image: {
    /** Image of the built-in apps; undefined if it is built from `app/`. */
    uri: string | undefined;
    /** Rejects pushing an existing tag. */
    immutableTags: boolean;
  };
  /** Whether the built-in apps' repository exists or is needed. */
  buildsImage: boolean;
  /** URN of the built-in apps' image in the state of an earlier version, see `formerImage`. @default - there is none */
  former?: pulumi.URN | undefined;
  /** Lets `pulumi destroy` delete the repositories' images. */
  forceDelete: boolean;
}

/** Where a workload's image comes from. */
interface ImageSource {
  name: string;
  /** An existing image. @default - that of the built-in apps */
  image?: string | undefined;
  /** Folder with a Dockerfile, relative to the program's. @default - not built */
  build?: string | undefined;
}

/** The images of a stack's workloads. Each workload that is built has a repository of its own. */
export class WorkloadImages {
  /** Of the built-in apps; null if there is none. */
  readonly repositoryUrl: pulumi.Output<string> | null;
  readonly #builtIns: pulumi.Input<string> | undefined;
  readonly #build: (repository: string, folder: string) => pulumi.Output<string>;

  constructor(name: string, args: WorkloadImagesArgs, opts: pulumi.ComponentResourceOptions) {
    const { buildsImage, former, forceDelete, image } = args;
    const { immutableTags, uri } = image;
    const common = { immutableTags, forceDelete };
    const builtIns = buildsImage
      ? new AppImage(name, { ...common, context: copyContext("app"), image: uri, former }, opts)
      : undefined;
    this.repositoryUrl = builtIns?.repositoryUrl ?? null;
    this.#builtIns = builtIns?.imageUri ?? uri;
    this.#build = (workload, folder) =>
      new AppImage(`${name}/${workload}`, { ...common, context: copyContext(folder) }, opts)
        .imageUri;
  }

  /** The image of a workload, which is built if it has a folder. */
  of({ build, image, name }: ImageSource): pulumi.Input<string> {
    const found = image ?? (build === undefined ? this.#builtIns : this.#build(name, build));
    if (found === undefined) {
      throw new Error(`workload ${name} has no image`);
    }
    return found;
  }
}
