import * as pulumi from "@pulumi/pulumi";
import { sentenceOf } from "../../app/contract/fault.ts";
import { stackResources } from "../stackResources.ts";

/** Part of the URN of an image that an earlier version created: a child of `awsx.ecr.Image`, named by its tag. */
const FORMER = "$awsx:ecr:Image$docker-build:index:Image::";

/**
 * Finds the image that an earlier version of the program created in a stack. This version names it differently, so Pulumi
 * would delete it together with the image in the registry, which pods run.
 *
 * @param stack - Full name of a stack that has outputs. The engine fails for one that was never made.
 * @returns its URN; undefined if this version created the image, or none was built
 * @throws pulumi.RunError if there are several, which only a failed update leaves, because an alias can name only one
 */
export async function formerImage(stack: string): Promise<pulumi.URN | undefined> {
  const [first, ...more] = Object.keys(await stackResources(stack)).filter((urn) =>
    urn.includes(FORMER),
  );
  if (more.length > 0) {
    throw new pulumi.RunError(
      sentenceOf({
        name: "the stack's state",
        problem: `has ${1 + more.length} images`,
        mustBe: "a state with one, because the update would delete the others",
        fix: `run ${more.map((urn) => `pulumi state delete '${urn}'`).join(" and ")}, which deletes nothing from the registry`,
      }),
    );
  }
  return first;
}
