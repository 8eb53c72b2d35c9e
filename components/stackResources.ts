import { promisify } from "node:util";
import structProto from "google-protobuf/google/protobuf/struct_pb.js";
import * as pulumi from "@pulumi/pulumi";
import resourceProto from "@pulumi/pulumi/proto/resource_pb.js";

/** Resources by URN. */
export type StackResources = Readonly<
  Record<pulumi.URN, { type: string; outputs: Readonly<Record<string, unknown>> }>
>;

/**
 * The resources in the state of a stack, as the last update left it. Asks the engine directly, because
 * `pulumi.runtime.invoke` looks up all resources that outputs refer to, and fails.
 *
 * @param stack - Full name of the stack.
 * @throws Error if it has never been updated
 */
export async function stackResources(stack: string): Promise<StackResources> {
  const monitor = pulumi.runtime.getMonitor();
  if (monitor === undefined) {
    return {};
  }
  const request = new resourceProto.ResourceInvokeRequest()
    .setTok("pulumi:pulumi:readStackResourceOutputs")
    .setArgs(structProto.Struct.fromJavaScript({ stackName: stack }));
  const invoke = promisify<
    resourceProto.ResourceInvokeRequest,
    resourceProto.ResourceInvokeResponse
  >((message, callback) => monitor.invoke(message, callback));
  const { outputs = {} } = (await invoke(request)).getReturn()?.toJavaScript() ?? {};
  return outputs as StackResources;
}
