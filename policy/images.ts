import type { PolicyResource, ResourceValidationArgs } from "@pulumi/policy";
import { CONTAINERS, itemsOf, kindOf, nameOf } from "./kubernetes.ts";
import { named, stackPolicy } from "./stack.ts";
import { demand, known, UNKNOWN } from "./violation.ts";

/** Builds an image, whose digest is known afterwards. */
const BUILDER = "docker-build:index:Image";

const BY_DIGEST = /@sha256:[\da-f]{64}$/;

/** The chart version pins the images of the chart's own pods. */
export const images = stackPolicy({
  name: "images-by-digest",
  description: "The tested image is the one that runs: a tag may be another image tomorrow.",
  validate: (stack, report) => {
    for (const { resource, inputs } of stack.all(imagesIn)) {
      const isPatch = kindOf(resource.type)?.isPatch === true;
      for (const { image, what } of inputs) {
        const found = known(image);
        // A patch does not change what it does not name.
        if ((found === UNKNOWN && isBuilt(resource)) || (found === undefined && isPatch)) {
          continue;
        }
        demand(
          report,
          {
            name: `image of ${what} in ${named(resource)}`,
            value: image,
            holds: (name) => typeof name === "string" && BY_DIGEST.test(name),
            mustBe: "NAME@sha256:DIGEST, or the imageUri of an AppImage",
            fix: "set it to the digest that docker buildx imagetools inspect prints",
          },
          resource.urn,
        );
      }
    }
  },
});

/** The images of containers and of image volumes. */
function imagesIn({
  props,
  type,
}: ResourceValidationArgs): { what: string; image: () => unknown }[] | undefined {
  if (kindOf(type) === undefined) {
    return undefined;
  }
  const containers = itemsOf(props, CONTAINERS).map((container) => ({
    what: `container ${nameOf(container)}`,
    image: () => container.image,
  }));
  const volumes = itemsOf(props, ["volumes"])
    .filter((volume) => known(() => volume.image) !== undefined)
    .map((volume) => ({
      what: `volume ${nameOf(volume)}`,
      image: () => (volume.image as { reference?: unknown } | null)?.reference,
    }));
  return [...containers, ...volumes];
}

/** Whether the program builds the image itself, which AppImage then references by digest. */
function isBuilt({ dependencies }: PolicyResource): boolean {
  return dependencies.some(({ type }) => type === BUILDER);
}
