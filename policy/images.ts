import type { PolicyResource } from "@pulumi/policy";
import { containersOf, podTemplateOf } from "./kubernetes.ts";
import { named, stackPolicy } from "./stack.ts";
import { demand, known, UNKNOWN } from "./violation.ts";

/** What builds an image and knows its digest afterwards. */
const BUILDERS = ["awsx:ecr:Image", "docker-build:index:Image"];

const BY_DIGEST = /@sha256:[\da-f]{64}$/;

/** Of the chart's own pods the chart's version decides. */
export const images = stackPolicy({
  name: "images-by-digest",
  description: "What was tried is what runs: a tag may be another image tomorrow.",
  validate: (stack, report) => {
    for (const { resource, inputs: template } of stack.all(podTemplateOf)) {
      for (const container of containersOf(template)) {
        const what = `image of container ${container.name} in ${named(resource)}`;
        if (known(() => container.image) === UNKNOWN && isBuilt(resource)) {
          continue;
        }
        demand(
          report,
          {
            what,
            value: () => container.image,
            holds: (image) => BY_DIGEST.test(image ?? ""),
            allowed: "NAME@sha256:DIGEST, or the imageUri of an awsx.ecr.Image",
            fix: "set it to the digest that docker buildx imagetools inspect tells",
          },
          resource.urn,
        );
      }
    }
  },
});

/** Whether the program itself builds what it is made with: by digest, as AppImage gives it. */
function isBuilt({ dependencies }: PolicyResource): boolean {
  return dependencies.some(({ type }) => BUILDERS.includes(type));
}
