import { EventEmitter, once } from "node:events";
import * as grpc from "@grpc/grpc-js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import pluginProto from "@pulumi/pulumi/proto/plugin_pb.js";
import serviceProto from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import { answer, diffResponse, type Call } from "./answer.ts";
import {
  NotReady,
  Refusal,
  type Cloud,
  type Made,
  type Operation,
  type Properties,
  type Trouble,
} from "./cloud.ts";
import type { Goal, Provider } from "./provider.ts";
import {
  changedPaths,
  isUnknown,
  nameOf,
  propertiesOf,
  structOf,
  typeOf,
  UNKNOWN,
} from "./wire.ts";

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
  /** Ends what hangs. */
  #cancellation = new EventEmitter();

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
      cancel: answer(() => {
        this.#cancellation.emit("cancel");
        return new emptyProto.Empty();
      }),
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
    const goal = this.#goalOf(call, request.getUrn(), propertiesOf(request.getNews()));
    const { inputs, faults } = this.#provider.check(goal, old);
    const failures = faults.map((fault) => new proto.CheckFailure().setReason(fault));
    return new proto.CheckResponse().setInputs(structOf(inputs)).setFailuresList(failures);
  }

  #diff({ request }: Call<proto.DiffRequest>): proto.DiffResponse {
    const type = typeOf(request.getUrn());
    const old = propertiesOf(request.getOldInputs());
    const now = propertiesOf(request.getNews());
    const outputs = propertiesOf(request.getOlds());
    const changed = this.#provider.changes?.(type, { old, now, outputs }) ?? changedPaths(old, now);
    const replacing = changed.filter((path) => this.#provider.replaces(type, path, { old, now }));
    return diffResponse(changed, replacing).setDeletebeforereplace(
      replacing.length > 0 && this.#provider.deletesFirst?.(type, { old, now }) === true,
    );
  }

  async #create(call: Call<proto.CreateRequest>): Promise<proto.CreateResponse> {
    const { request } = call;
    const goal = this.#goalOf(call, request.getUrn(), propertiesOf(request.getProperties()));
    if (request.getPreview()) {
      // What is missing is unknown to the program.
      return new proto.CreateResponse().setProperties(structOf(goal.inputs));
    }
    const put = (made: Made): void => {
      this.#put(goal, made);
    };
    const { id, outputs } = await this.#record("create", goal, async (trouble) => {
      const made = kept(put, () => this.#provider.create(goal));
      if (trouble === "hangs") {
        const unfinished = this.#provider.unfinished?.(goal.type, made) ?? made;
        put(unfinished);
        await this.#cancelled();
        throw new NotReady("Resource operation was cancelled", unfinished);
      }
      put(made);
      if (trouble === "not ready") {
        throw new NotReady("timed out waiting to be ready", made);
      }
      return made;
    });
    return new proto.CreateResponse().setId(id).setProperties(structOf(outputs));
  }

  #read(call: Call<proto.ReadRequest>): proto.ReadResponse {
    const { request } = call;
    const id = request.getId();
    const goal = this.#goalOf(call, request.getUrn(), propertiesOf(request.getInputs()));
    const read = this.#provider.read?.bind(this.#provider) ?? this.#made.bind(this);
    const made = read(goal, id, propertiesOf(request.getProperties()));
    return made === undefined
      ? new proto.ReadResponse()
      : new proto.ReadResponse()
          .setId(id)
          .setInputs(structOf(made.inputs ?? {}))
          .setProperties(structOf(made.outputs));
  }

  #made({ type, config }: Goal, id: string): Made | undefined {
    const thing = this.#cloud.get(type, this.#keyOf(id, config));
    return thing && { id, inputs: thing.inputs, outputs: thing.outputs };
  }

  async #update(call: Call<proto.UpdateRequest>): Promise<proto.UpdateResponse> {
    const { request } = call;
    const inputs = propertiesOf(request.getNews());
    const goal = this.#goalOf(call, request.getUrn(), inputs);
    const old = propertiesOf(request.getOlds());
    if (request.getPreview()) {
      return new proto.UpdateResponse().setProperties(structOf({ ...old, ...inputs }));
    }
    const outputs = await this.#record("update", goal, async (trouble) => {
      const id = request.getId();
      if (this.#provider.isOnlyInState !== true) {
        this.#cloud.need(goal.type, this.#keyOf(id, goal.config));
      }
      const put = ({ outputs: changed }: Made): void => {
        this.#put(goal, { id, outputs: { ...old, ...inputs, ...changed } });
      };
      const changed = kept(put, () => ({ id, outputs: this.#provider.update?.(goal, id) ?? {} }));
      put(changed);
      if (trouble === "hangs") {
        await this.#cancelled();
        // It can ask nothing any more, not even what there is.
        throw new Refusal(
          `update of resource ${JSON.stringify(goal.urn)} failed: context canceled`,
        );
      }
      return { ...old, ...inputs, ...changed.outputs };
    });
    return new proto.UpdateResponse().setProperties(structOf(outputs));
  }

  async #delete(call: Call<proto.DeleteRequest>): Promise<emptyProto.Empty> {
    const { request } = call;
    const goal = this.#goalOf(call, request.getUrn(), propertiesOf(request.getProperties()));
    await this.#record("delete", goal, () => {
      this.#provider.delete(goal, request.getId());
      this.#cloud.remove(goal.type, this.#keyOf(request.getId(), goal.config));
    });
    return new emptyProto.Empty();
  }

  #put({ type, name, inputs, config }: Goal, { id, outputs }: Made): void {
    if (this.#provider.isOnlyInState !== true) {
      this.#cloud.put({ type, name, key: this.#keyOf(id, config), inputs, outputs });
    }
  }

  #goalOf(call: Call<unknown>, urn: string, inputs: Properties): Goal {
    return { type: typeOf(urn), name: nameOf(urn), urn, inputs, config: this.#config(call) };
  }

  #cancelled(): Promise<unknown> {
    return once(this.#cancellation, "cancel");
  }

  /** Carries out an operation, or fails as the test requires, and records the outcome. */
  async #record<Result>(
    op: Operation["op"],
    { type, name, urn, inputs }: Goal,
    run: (trouble: ReturnType<Trouble>) => Result | Promise<Result>,
  ): Promise<Result> {
    const operation: Operation = { op, type, name, urn, inputs };
    this.#cloud.operations.push(operation);
    try {
      if (isUnknown(inputs)) {
        throw new Refusal(`an input is not known: ${UNKNOWN}`);
      }
      const trouble = this.#cloud.trouble(operation);
      if (trouble === "refused") {
        throw new Refusal("InternalFailure: try again");
      }
      return await run(trouble);
    } catch (error) {
      operation.refusal = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }
}

/** Makes or changes something, and puts it where it belongs though it does not get ready. */
function kept(put: (made: Made) => void, make: () => Made): Made {
  try {
    return make();
  } catch (error) {
    if (error instanceof NotReady) {
      put(error.made);
    }
    throw error;
  }
}
