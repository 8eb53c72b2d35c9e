import { promisify } from "node:util";
import structProto from "google-protobuf/google/protobuf/struct_pb.js";
import * as pulumi from "@pulumi/pulumi";
import { sentenceOf } from "../../app/contract/fault.ts";
import resourceProto from "@pulumi/pulumi/proto/resource_pb.js";

/** An image as earlier versions made it: named by its tag, below `awsx.ecr.Image`. */
const FORMER = "$awsx:ecr:Image$docker-build:index:Image::";

/**
 * The URN of the image that an earlier version of the program has made in a stack. This version names it otherwise, so Pulumi
 * would delete it, with the image in the registry that pods run.
 *
 * @param stack - Full name of a stack that has outputs. The engine fails for one that was never made.
 * @returns undefined where this version has made the image, or none was built
 * @throws pulumi.RunError where there are several, which only an update that failed leaves: Pulumi can take over one of them
 */
export async function formerImage(stack: string): Promise<pulumi.URN | undefined> {
  const [first, ...more] = (await urnsOf(stack)).filter((urn) => urn.includes(FORMER));
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

/** Asks as the SDK itself asks: `pulumi.runtime.invoke` would look up all resources that outputs refer to, and fail. */
async function urnsOf(stack: string): Promise<string[]> {
  const monitor = pulumi.runtime.getMonitor();
  if (monitor === undefined) {
    return [];
  }
  const request = new resourceProto.ResourceInvokeRequest()
    .setTok("pulumi:pulumi:readStackResourceOutputs")
    .setArgs(structProto.Struct.fromJavaScript({ stackName: stack }));
  const invoke = promisify<
    resourceProto.ResourceInvokeRequest,
    resourceProto.ResourceInvokeResponse
  >((asked, callback) => monitor.invoke(asked, callback));
  const outputs = (await invoke(request)).getReturn()?.getFieldsMap().get("outputs");
  return [...(outputs?.getStructValue()?.getFieldsMap().keys() ?? [])];
}
