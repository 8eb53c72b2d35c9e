import * as grpc from "@grpc/grpc-js";
import anyProto from "google-protobuf/google/protobuf/any_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import statusProto from "@pulumi/pulumi/proto/status_pb.js";
import { NotReady, Refusal } from "./cloud.ts";
import { structOf } from "./wire.ts";

export type Call<Request> = grpc.ServerUnaryCall<Request, unknown>;

/** Answers a call by what `run` gives or resolves to, or by its fault. */
export function answer<Request>(
  run: (call: Call<Request>) => unknown,
): grpc.handleUnaryCall<Request, unknown> {
  return (call, callback) => {
    const answered = (async () => callback(null, await run(call)))();
    answered.catch((error: unknown) => callback(statusOf(error)));
  };
}

function statusOf(error: unknown): grpc.ServiceError | grpc.StatusObject {
  const message = error instanceof Refusal ? error.message : String((error as Error).stack);
  const metadata = new grpc.Metadata();
  if (error instanceof NotReady) {
    const failed = new proto.ErrorResourceInitFailed()
      .setId(error.made.id)
      .setProperties(structOf(error.made.outputs))
      .setReasonsList([...error.reasons]);
    if (error.made.inputs !== undefined) {
      failed.setInputs(structOf(error.made.inputs));
    }
    const details = new anyProto.Any();
    details.pack(failed.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const status = new statusProto.Status().setCode(grpc.status.UNKNOWN).setMessage(message);
    status.addDetails(details);
    metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  }
  return { code: grpc.status.UNKNOWN, details: message, metadata };
}

export function diffResponse(changed: string[], replacing: string[]): proto.DiffResponse {
  const { DIFF_NONE, DIFF_SOME } = proto.DiffResponse.DiffChanges;
  return new proto.DiffResponse()
    .setChanges(changed.length === 0 ? DIFF_NONE : DIFF_SOME)
    .setDiffsList(changed)
    .setReplacesList(replacing);
}
