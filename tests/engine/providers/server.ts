import * as grpc from "@grpc/grpc-js";
import anyProto from "google-protobuf/google/protobuf/any_pb.js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import pluginProto from "@pulumi/pulumi/proto/plugin_pb.js";
import serviceProto from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import statusProto from "@pulumi/pulumi/proto/status_pb.js";
import { NotReady, Refusal, type Cloud, type Operation, type Properties } from "./cloud.ts";
import {
  changedPaths,
  isUnknown,
  nameOf,
  propertiesOf,
  structOf,
  typeOf,
  UNKNOWN,
} from "./wire.ts";

/** A provider, configured: what it is asked about one resource. */
export interface Asked {
  type: string;
  name: string;
  inputs: Properties;
  config: Properties;
}

/** What one provider does; the engine reaches it by a server. */
export interface Provider {
  /** Whether a resource is known to the state only, and what it does to the account is the provider's own affair. @default false */
  isOnlyInState?: boolean;
  /** Inputs with those that the provider adds, and what is wrong with them. */
  check(asked: Asked, old: Properties | undefined): { inputs: Properties; faults: string[] };
  /** What has changed, by paths. @default - all inputs that are different */
  changes?(change: { old: Properties; now: Properties; outputs: Properties }): string[];
  /** Whether a change of an input, by its path, makes another resource. */
  replaces(type: string, path: string, change: { old: Properties; now: Properties }): boolean;
  /** Whether another configuration makes another provider, and so all that it made anew. */
  replacesConfig?(change: { old: Properties; now: Properties }): boolean;
  /** Whether the old one has to go before the new one is made. */
  deletesFirst?(type: string, change: { old: Properties; now: Properties }): boolean;
  /** Where the account keeps the resource. */
  keyOf?(id: string, config: Properties): string;
  create(asked: Asked): { id: string; outputs: Properties };
  /** Outputs that are different after an update. */
  update?(asked: Asked, id: string): Properties;
  /** @throws Refusal where something keeps it */
  delete(asked: Asked, id: string): void;
  /** Whether a resource that is only in the state is there. */
  exists?(outputs: Properties): boolean;
  invoke?(token: string, inputs: Properties, config: Properties): Properties | undefined;
}

type Call<Request> = grpc.ServerUnaryCall<Request, unknown>;

/**
 * Serves a provider to all engines that attach (`PULUMI_DEBUG_PROVIDERS`). `@pulumi/pulumi/provider` does not tell a provider
 * how it is configured, nor whether it is asked in a preview, so this is a server of its own.
 */
export class ProviderServer {
  readonly #cloud: Cloud;
  readonly #provider: Provider;
  readonly #server = new grpc.Server();
  /** By connection: each provider resource of a stack has one. */
  readonly #configs = new Map<string, Properties>();

  constructor(cloud: Cloud, provider: Provider) {
    this.#cloud = cloud;
    this.#provider = provider;
    this.#server.addService(serviceProto.ResourceProviderService, this.#service());
  }

  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      const credentials = grpc.ServerCredentials.createInsecure();
      this.#server.bindAsync("127.0.0.1:0", credentials, (error, port) =>
        error === null ? resolve(port) : reject(error),
      );
    });
  }

  close(): void {
    this.#server.forceShutdown();
  }

  #service(): grpc.UntypedServiceImplementation {
    return {
      attach: answer(() => new emptyProto.Empty()),
      cancel: answer(() => new emptyProto.Empty()),
      // As new as any SDK asks for.
      getPluginInfo: answer(() => new pluginProto.PluginInfo().setVersion("999.0.0")),
      checkConfig: answer(({ request }: Call<proto.CheckRequest>) =>
        new proto.CheckResponse().setInputs(request.getNews()),
      ),
      diffConfig: answer(({ request }: Call<proto.DiffRequest>) => this.#diffConfig(request)),
      configure: answer((call: Call<proto.ConfigureRequest>) => {
        this.#configs.set(call.getPeer(), propertiesOf(call.request.getArgs()));
        return new proto.ConfigureResponse().setSupportspreview(true);
      }),
      invoke: answer((call: Call<proto.InvokeRequest>) => {
        const inputs = propertiesOf(call.request.getArgs());
        const outputs = this.#provider.invoke?.(call.request.getTok(), inputs, this.#config(call));
        if (outputs === undefined) {
          throw new Refusal(`no test expects a call of ${call.request.getTok()}`);
        }
        return new proto.InvokeResponse().setReturn(structOf(outputs));
      }),
      check: answer((call: Call<proto.CheckRequest>) => this.#check(call)),
      diff: answer((call: Call<proto.DiffRequest>) => this.#diff(call)),
      create: answer((call: Call<proto.CreateRequest>) => this.#create(call)),
      read: answer((call: Call<proto.ReadRequest>) => this.#read(call)),
      update: answer((call: Call<proto.UpdateRequest>) => this.#update(call)),
      delete: answer((call: Call<proto.DeleteRequest>) => this.#delete(call)),
    };
  }

  #config(call: Call<unknown>): Properties {
    return this.#configs.get(call.getPeer()) ?? {};
  }

  #keyOf(id: string, config: Properties): string {
    return this.#provider.keyOf?.(id, config) ?? id;
  }

  #diffConfig(request: proto.DiffRequest): proto.DiffResponse {
    const old = propertiesOf(request.getOldInputs());
    const now = propertiesOf(request.getNews());
    const changed = changedPaths(old, now);
    const isOther = changed.length > 0 && this.#provider.replacesConfig?.({ old, now }) === true;
    return diffResponse(changed, isOther ? changed : []);
  }

  #check(call: Call<proto.CheckRequest>): proto.CheckResponse {
    const { request } = call;
    const old = request.hasOlds() ? propertiesOf(request.getOlds()) : undefined;
    const asked = this.#asked(call, request.getUrn(), propertiesOf(request.getNews()));
    const { inputs, faults } = this.#provider.check(asked, old);
    const failures = faults.map((fault) => new proto.CheckFailure().setReason(fault));
    return new proto.CheckResponse().setInputs(structOf(inputs)).setFailuresList(failures);
  }

  #diff({ request }: Call<proto.DiffRequest>): proto.DiffResponse {
    const type = typeOf(request.getUrn());
    const old = propertiesOf(request.getOldInputs());
    const now = propertiesOf(request.getNews());
    const outputs = propertiesOf(request.getOlds());
    const changed = this.#provider.changes?.({ old, now, outputs }) ?? changedPaths(old, now);
    const replacing = changed.filter((path) => this.#provider.replaces(type, path, { old, now }));
    return diffResponse(changed, replacing).setDeletebeforereplace(
      replacing.length > 0 && this.#provider.deletesFirst?.(type, { old, now }) === true,
    );
  }

  #create(call: Call<proto.CreateRequest>): proto.CreateResponse {
    const { request } = call;
    const asked = this.#asked(call, request.getUrn(), propertiesOf(request.getProperties()));
    if (request.getPreview()) {
      // What is missing is unknown to the program.
      return new proto.CreateResponse().setProperties(structOf(asked.inputs));
    }
    const { type, name, inputs, config } = asked;
    const put = ({ id, outputs }: NotReady["made"]): void => {
      if (this.#provider.isOnlyInState !== true) {
        this.#cloud.put({ type, name, key: this.#keyOf(id, config), inputs, outputs });
      }
    };
    const { id, outputs } = this.#record("create", call, asked, (isReady) => {
      const made = this.#tryToCreate(asked, put);
      put(made);
      if (!isReady) {
        throw new NotReady("timed out waiting to be ready", made);
      }
      return made;
    });
    return new proto.CreateResponse().setId(id).setProperties(structOf(outputs));
  }

  #tryToCreate(asked: Asked, put: (made: NotReady["made"]) => void): NotReady["made"] {
    try {
      return this.#provider.create(asked);
    } catch (error) {
      if (error instanceof NotReady) {
        put(error.made);
      }
      throw error;
    }
  }

  #read(call: Call<proto.ReadRequest>): proto.ReadResponse {
    const { request } = call;
    if (this.#provider.isOnlyInState === true) {
      return this.#readState(request);
    }
    const type = typeOf(request.getUrn());
    const thing = this.#cloud.get(type, this.#keyOf(request.getId(), this.#config(call)));
    return thing === undefined
      ? new proto.ReadResponse()
      : new proto.ReadResponse()
          .setId(request.getId())
          .setInputs(structOf(thing.inputs))
          .setProperties(structOf(thing.outputs));
  }

  #readState(request: proto.ReadRequest): proto.ReadResponse {
    const response = new proto.ReadResponse();
    return this.#provider.exists?.(propertiesOf(request.getProperties())) === false
      ? response
      : response
          .setId(request.getId())
          .setInputs(request.getInputs())
          .setProperties(request.getProperties());
  }

  #update(call: Call<proto.UpdateRequest>): proto.UpdateResponse {
    const { request } = call;
    const inputs = propertiesOf(request.getNews());
    const asked = this.#asked(call, request.getUrn(), inputs);
    const old = propertiesOf(request.getOlds());
    if (request.getPreview()) {
      return new proto.UpdateResponse().setProperties(structOf({ ...old, ...inputs }));
    }
    const outputs = this.#record("update", call, asked, () => {
      const id = request.getId();
      const news = (): Properties => ({
        ...old,
        ...inputs,
        ...this.#provider.update?.(asked, id),
      });
      if (this.#provider.isOnlyInState === true) {
        return news();
      }
      const thing = this.#cloud.need(asked.type, this.#keyOf(id, asked.config));
      const outputs = news();
      this.#cloud.put({ ...thing, inputs, outputs });
      return outputs;
    });
    return new proto.UpdateResponse().setProperties(structOf(outputs));
  }

  #delete(call: Call<proto.DeleteRequest>): emptyProto.Empty {
    const { request } = call;
    const asked = this.#asked(call, request.getUrn(), propertiesOf(request.getProperties()));
    this.#record("delete", call, asked, () => {
      this.#provider.delete(asked, request.getId());
      this.#cloud.remove(asked.type, this.#keyOf(request.getId(), asked.config));
    });
    return new emptyProto.Empty();
  }

  #asked(call: Call<unknown>, urn: string, inputs: Properties): Asked {
    return { type: typeOf(urn), name: nameOf(urn), inputs, config: this.#config(call) };
  }

  /** Does what is asked, or fails as the test wants it, and keeps what came of it. */
  #record<Result>(
    op: Operation["op"],
    call: Call<{ getUrn(): string }>,
    { type, name, inputs }: Asked,
    run: (isReady: boolean) => Result,
  ): Result {
    const operation: Operation = { op, type, name, urn: call.request.getUrn(), inputs };
    this.#cloud.operations.push(operation);
    try {
      if (isUnknown(inputs)) {
        throw new Refusal(`an input is not known: ${UNKNOWN}`);
      }
      const trouble = this.#cloud.trouble(operation);
      if (trouble === "refused") {
        throw new Refusal("InternalFailure: try again");
      }
      return run(trouble === undefined);
    } catch (error) {
      operation.refusal = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }
}

function diffResponse(changed: string[], replacing: string[]): proto.DiffResponse {
  const { DIFF_NONE, DIFF_SOME } = proto.DiffResponse.DiffChanges;
  return new proto.DiffResponse()
    .setChanges(changed.length === 0 ? DIFF_NONE : DIFF_SOME)
    .setDiffsList(changed)
    .setReplacesList(replacing);
}

function answer<Request>(
  run: (call: Call<Request>) => unknown,
): grpc.handleUnaryCall<Request, unknown> {
  return (call, callback) => {
    try {
      callback(null, run(call));
    } catch (error) {
      callback(statusOf(error));
    }
  };
}

function statusOf(error: unknown): grpc.ServiceError | grpc.StatusObject {
  const message = error instanceof Refusal ? error.message : String((error as Error).stack);
  const metadata = new grpc.Metadata();
  if (error instanceof NotReady) {
    const failed = new proto.ErrorResourceInitFailed()
      .setId(error.made.id)
      .setProperties(structOf(error.made.outputs))
      .setReasonsList([message]);
    const details = new anyProto.Any();
    details.pack(failed.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const status = new statusProto.Status().setCode(grpc.status.UNKNOWN).setMessage(message);
    status.addDetails(details);
    metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  }
  return { code: grpc.status.UNKNOWN, details: message, metadata };
}
