import { once } from "node:events";
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import * as grpc from "@grpc/grpc-js";
import type { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import type {
  AnalyzeDiagnostic,
  AnalyzeResponse,
  AnalyzerInfo,
  AnalyzerProviderResource,
  AnalyzerResource,
  AnalyzeRequest,
} from "@pulumi/pulumi/proto/analyzer_pb.js";
import analyzer from "@pulumi/pulumi/proto/analyzer_pb.js";
import services from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import structProto from "google-protobuf/google/protobuf/struct_pb.js";
import type { Plan, Planned } from "./plan.ts";

/** Nobody is there; a pack asks nothing of the engine unless it cannot start. */
const ENGINE = "127.0.0.1:1";

const FOLDER = fileURLToPath(new URL("../../policy", import.meta.url));

/** What a policy says. */
export interface Violation {
  policy: string;
  /** Name of the resource. */
  of: string;
  says: string;
}

/** The level of a violation that makes Pulumi fail. */
const MANDATORY: number = analyzer.EnforcementLevel.MANDATORY;

let ofProcess: Promise<Pack> | undefined;

/** The policy pack, started and asked as Pulumi does. */
export class Pack {
  readonly #client: AnalyzerClient;
  /** The last request about each resource, with its answer. */
  readonly #last = new Map<string, { bytes: Uint8Array; answer: AnalyzeResponse }>();

  private constructor(port: string) {
    this.#client = new services.AnalyzerClient(
      `127.0.0.1:${port}`,
      grpc.credentials.createInsecure(),
    );
  }

  /** The pack of this process, which is there until it ends: to start one takes seconds, and it keeps no answers. */
  static ofProcess(): Promise<Pack> {
    return (ofProcess ??= Pack.start());
  }

  /** One with more in its environment, which is there until this process ends, too. */
  static async start(env: NodeJS.ProcessEnv = {}): Promise<Pack> {
    const runner = createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/run-policy-pack");
    const child = spawn(process.execPath, [runner, ENGINE, FOLDER], {
      cwd: FOLDER,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    // One that cannot start ends, with its error in our output.
    const ended = once(child, "exit").then(([code]) => {
      throw new Error(`the policy pack ended with ${String(code)}`);
    });
    const [port] = (await Promise.race([once(child.stdout, "data"), ended])) as [Buffer];
    ended.catch(() => undefined);
    process.once("exit", () => child.kill());
    child.unref();
    // A pipe from a child is a socket, which its type does not say.
    (child.stdout as typeof child.stdout & { unref(): void }).unref();
    return new Pack(port.toString().trim());
  }

  /** Names and levels of all policies. */
  async policies(): Promise<{ name: string; level: number }[]> {
    const info = await call<AnalyzerInfo>((answer) =>
      this.#client.getAnalyzerInfo(new emptyProto.Empty(), answer),
    );
    return info
      .getPoliciesList()
      .map((each) => ({ name: each.getName(), level: each.getEnforcementlevel() }));
  }

  /** What mandatory policies say of a plan. */
  async violations(plan: Plan): Promise<Violation[]> {
    const found = await this.#analyze(plan);
    return found.filter(({ level }) => level === MANDATORY).map(({ violation }) => violation);
  }

  /** What policies could not judge yet. */
  async advice(plan: Plan): Promise<Violation[]> {
    const found = await this.#analyze(plan);
    return found.filter(({ level }) => level !== MANDATORY).map(({ violation }) => violation);
  }

  /** Asks only about what has changed since the last request about the resource, because plans differ in a single one. */
  async #answerTo(request: AnalyzeRequest): Promise<AnalyzeResponse> {
    const bytes = request.serializeBinary();
    const last = this.#last.get(request.getUrn());
    if (last !== undefined && Buffer.compare(last.bytes, bytes) === 0) {
      return last.answer;
    }
    const answer = await call<AnalyzeResponse>((done) => this.#client.analyze(request, done));
    this.#last.set(request.getUrn(), { bytes, answer });
    return answer;
  }

  async #analyze(plan: Plan): Promise<{ violation: Violation; level: number }[]> {
    const { resources } = plan;
    const answers = await Promise.all(
      resources.map((resource) => this.#answerTo(requestOf(resource, plan))),
    );
    const stack = new analyzer.AnalyzeStackRequest().setResourcesList(
      resources.map((resource) => memberOf(resource, plan)),
    );
    const whole = await call<AnalyzeResponse>((done) => this.#client.analyzeStack(stack, done));
    return [
      ...answers.flatMap((answer, index) => diagnosticsIn(answer, () => resources[index]?.name)),
      ...diagnosticsIn(whole, (urn) => resources.find((each) => each.urn === urn)?.name),
    ];
  }
}

function diagnosticsIn(
  answer: AnalyzeResponse,
  nameOf: (urn: string) => string | undefined,
): { violation: Violation; level: number }[] {
  return answer.getDiagnosticsList().map((found: AnalyzeDiagnostic) => ({
    level: found.getEnforcementlevel(),
    violation: {
      policy: found.getPolicyname(),
      of: nameOf(found.getUrn()) ?? "",
      says: found.getMessage().replace(`${found.getDescription()}\n`, ""),
    },
  }));
}

function requestOf(resource: Planned, plan: Plan): AnalyzeRequest {
  return new analyzer.AnalyzeRequest()
    .setType(resource.type)
    .setName(resource.name)
    .setUrn(resource.urn)
    .setProperties(structOf(resource.inputs))
    .setOptions(new analyzer.AnalyzerResourceOptions())
    .setProvider(providerOf(resource, plan));
}

/** Without outputs: so are the objects of a cluster that is not there yet. */
function memberOf(resource: Planned, plan: Plan): AnalyzerResource {
  const member = new analyzer.AnalyzerResource()
    .setType(resource.type)
    .setName(resource.name)
    .setUrn(resource.urn)
    .setProperties(structOf({}))
    .setOptions(new analyzer.AnalyzerResourceOptions())
    .setParent(resource.parent)
    .setDependenciesList(resource.dependencies)
    .setProvider(providerOf(resource, plan));
  for (const [input, urns] of Object.entries(resource.propertyDependencies ?? {})) {
    const dependencies = new analyzer.AnalyzerPropertyDependencies().setUrnsList(urns);
    member.getPropertydependenciesMap().set(input, dependencies);
  }
  return member;
}

function providerOf(
  { provider }: Planned,
  { resources }: Plan,
): AnalyzerProviderResource | undefined {
  const found = resources.find(({ urn }) => urn === provider);
  return found === undefined
    ? undefined
    : new analyzer.AnalyzerProviderResource()
        .setType(found.type)
        .setName(found.name)
        .setUrn(found.urn)
        .setProperties(structOf(found.inputs));
}

/** Without what is undefined, which a Struct cannot say. */
function structOf(inputs: unknown): structProto.Struct {
  return structProto.Struct.fromJavaScript(JSON.parse(JSON.stringify(inputs)) as never);
}

function call<Answer>(
  ask: (done: (error: Error | null, answer: Answer) => void) => unknown,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    ask((error, answer) => (error === null ? resolve(answer) : reject(error)));
  });
}
