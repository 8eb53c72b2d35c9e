import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { Aws } from "../providers/aws/aws.ts";
import { Cloud } from "../providers/cloud.ts";
import { DockerBuild } from "../providers/dockerBuild.ts";
import { Kubernetes } from "../providers/kubernetes/kubernetes.ts";
import type { Provider } from "../providers/provider.ts";
import { Random } from "../providers/random.ts";
import { ProviderServer } from "../providers/server.ts";
import { findCli } from "./cli.ts";

/** A test runs the engine up to some forty times. */
export const TIMEOUT_MS = 600_000;

const COMPONENTS = fileURLToPath(new URL("../providers/components/main.ts", import.meta.url));

/**
 * A cloud account with all providers that lead to it, for as many stacks and engines as there are. An engine attaches to the
 * providers, which so remember and outlive it: those of resources are in this process, those of components, which
 * `@pulumi/pulumi/provider` serves, are in one of their own.
 */
export class Account {
  readonly cloud = new Cloud();
  /** Where stacks keep their state. */
  readonly folder = mkdtempSync(join(tmpdir(), "sockjs-sticky-engine-"));
  readonly #servers: ProviderServer[] = [];
  #components: ChildProcess | undefined;
  #environment: Record<string, string> = {};
  #cli: PulumiCommand | undefined;

  static async open(): Promise<Account> {
    const account = new Account();
    try {
      await account.#start();
    } catch (error) {
      account.close();
      throw error;
    }
    return account;
  }

  /** The engine's environment, in which it uses only these providers and no network. */
  get environment(): Record<string, string> {
    return this.#environment;
  }

  /** The CLI in which the engine is. */
  get cli(): PulumiCommand {
    if (this.#cli === undefined) {
      throw new Error("the account is not open");
    }
    return this.#cli;
  }

  close(): void {
    this.#servers.forEach((server) => server.close());
    this.#components?.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const cli = findCli();
    if (cli === undefined) {
      throw new Error("the tests of the engine need a Pulumi CLI on PATH; .ci/run builds one");
    }
    const root = join(this.folder, "cli");
    mkdirSync(join(root, "bin"), { recursive: true });
    symlinkSync(cli, join(root, "bin", "pulumi"));
    this.#cli = await PulumiCommand.get({ root });
    const providers = {
      aws: new Aws(this.cloud),
      "docker-build": new DockerBuild(this.cloud),
      random: new Random(),
    };
    const ports = Object.entries(providers).map(
      async ([name, provider]) => `${name}:${await this.#serve(provider)}`,
    );
    await this.#installKubernetes(join(root, "bin"));
    // Scripts may ask AWS, and are to ask nobody here.
    writeFileSync(join(root, "bin", "aws"), "#!/bin/sh\nexit 255\n", { mode: 0o755 });
    const components = await this.#serveComponents();
    const attached = [...(await Promise.all(ports)), `awsx:${components}`, `eks:${components}`];
    this.#environment = {
      PULUMI_HOME: join(this.folder, "home"),
      PULUMI_BACKEND_URL: `file://${this.folder}`,
      PULUMI_CONFIG_PASSPHRASE: "passphrase of the tests",
      PULUMI_DEBUG_PROVIDERS: attached.join(","),
      PATH: [join(root, "bin"), process.env.PATH ?? ""].join(delimiter),
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true",
    };
  }

  async #serve(provider: Provider): Promise<number> {
    const server = new ProviderServer(this.cloud, provider);
    this.#servers.push(server);
    return server.listen();
  }

  /** The engine starts this one, which has the engine's environment, and asks it where it listens. */
  async #installKubernetes(folder: string): Promise<void> {
    const port = await this.#serve(new Kubernetes(this.cloud));
    const deleting = await this.#serve(new Kubernetes(this.cloud, { deleteUnreachable: true }));
    const plugin = [
      "#!/bin/sh",
      `[ "$PULUMI_K8S_DELETE_UNREACHABLE" = true ] && echo ${deleting} || echo ${port}`,
      // Until the engine has gone.
      "exec cat >/dev/null",
    ];
    const file = join(folder, "pulumi-resource-kubernetes");
    writeFileSync(file, `${plugin.join("\n")}\n`, { mode: 0o755 });
  }

  /** Their port, which is the first line that they write. */
  async #serveComponents(): Promise<number> {
    const child = spawn(process.execPath, [COMPONENTS], { stdio: ["pipe", "pipe", "inherit"] });
    this.#components = child;
    const exited = once(child, "exit").then(([code]) => {
      throw new Error(`the providers of components ended with ${String(code)}`);
    });
    exited.catch(() => {
      // It ends with the account, too.
    });
    const line = once(createInterface(child.stdout), "line") as Promise<[string]>;
    const [port] = await Promise.race([line, exited]);
    return Number(port);
  }
}
