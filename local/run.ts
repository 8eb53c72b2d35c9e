import { type AppName, keepsData } from "../app/contract/catalogue.ts";
import type { Logger } from "../app/contract/log.ts";
import { SettingsError } from "../app/contract/settings.ts";
import type { Fault } from "../app/contract/fault.ts";
import { LocalDatabase } from "./postgres/database.ts";
import { Guard } from "./guard.ts";
import { connectionsOfFronts } from "./replicas/openFiles.ts";
import type { LocalOptions } from "./options.ts";
import { Workload } from "./workload.ts";

/** Connections that a replica may have, while its successor is about to have them, too. */
const CONNECTIONS_PER_REPLICA = 12;

/** For people who look into the database, and for PostgreSQL itself. */
const SPARE_CONNECTIONS = 20;

/** All that one `npm start` runs. */
export class LocalRun {
  readonly #options: LocalOptions;
  readonly #workloads: readonly Workload[];
  /** Where a workload needs one. */
  readonly #database: LocalDatabase | undefined;
  #isStopping = false;

  /** @param onLost what becomes of the run without the database that it needs */
  constructor(options: LocalOptions, log: Logger, onLost: (error: Error) => void) {
    const { data: folder, drain: drainSeconds, workloads } = options;
    const guard = new Guard();
    const allReplicas = workloads.reduce((sum, workload) => sum + workload.replicas, 0);
    const maxConnections = Math.ceil(connectionsOfFronts(allReplicas) / workloads.length);
    this.#options = options;
    this.#workloads = workloads.map(
      (workload) =>
        new Workload({
          ...workload,
          drainSeconds,
          maxConnections,
          environment: () => this.#database?.environmentOf(workload.app) ?? {},
          log: log.child({ workload: workload.app }),
          guard,
        }),
    );
    const keepers = workloads.filter(({ app }) => keepsData(app));
    const replicas = keepers.reduce((sum, keeper) => sum + keeper.replicas, 0);
    const databaseConnections = SPARE_CONNECTIONS + replicas * CONNECTIONS_PER_REPLICA;
    this.#database =
      replicas === 0
        ? undefined
        : new LocalDatabase({
            folder,
            apps: keepers.map(({ app }) => app),
            maxConnections: databaseConnections,
            log,
            guard,
            onMoved: () => this.#restartKeepers(),
            onLost,
          });
  }

  /** @throws SettingsError when a port cannot be had */
  async listen(): Promise<void> {
    const { host, port: first } = this.#options;
    for (const [index, workload] of this.#workloads.entries()) {
      const port = first === 0 ? 0 : first + index;
      try {
        await workload.listen(port, host);
      } catch (error) {
        const fault = this.#listenFault(error as NodeJS.ErrnoException, workload.app, port);
        throw new SettingsError(fault);
      }
    }
  }

  /**
   * Starts what listens; the database before those that need it.
   *
   * @param onProgress called with a line for people about what it waits for
   * @returns whether all is ready, and not already told to stop
   * @throws Error when a replica ends before it was ever ready
   * @throws SettingsError when the database does not start on its data
   */
  async start(onProgress: (line: string) => void): Promise<boolean> {
    if (this.#database !== undefined) {
      onProgress("starting PostgreSQL");
      await this.#database.start();
    }
    const onReplicas = (line: string): void => {
      if (!this.#isStopping) {
        onProgress(line);
      }
    };
    await Promise.all(this.#workloads.map((workload) => workload.start(onReplicas)));
    return !this.#isStopping;
  }

  /** Rolls all workloads at once, as deployments are that know nothing of each other. */
  roll(): void {
    this.#workloads.forEach((workload) => void workload.roll().catch(() => undefined));
  }

  /** Drains all replicas, then stops the database that they need until the end. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#workloads.map((workload) => workload.stop()));
    await this.#database?.stop();
  }

  /** Ends all replicas now; the database ends with this process. */
  kill(): void {
    this.#workloads.forEach((workload) => workload.kill());
  }

  /** A line for each workload. */
  toString(): string {
    return this.#workloads.join("\n");
  }

  #restartKeepers(): void {
    this.#workloads.filter(({ app }) => keepsData(app)).forEach((workload) => workload.restart());
  }

  #listenFault({ code }: NodeJS.ErrnoException, app: AppName, port: number): Fault {
    const { host, port: first, workloads } = this.#options;
    const which = port === first ? "which" : `but ${port}, the port of ${app},`;
    const free =
      workloads.length === 1 ? "a free port" : `the first of ${workloads.length} free ports`;
    switch (code) {
      case "EADDRINUSE":
        return {
          name: "--port",
          problem: `is ${first}, ${which} is in use on ${host}`,
          mustBe: `${free}, or 0 to choose one`,
        };
      case "EACCES":
        return {
          name: "--port",
          problem: `is ${first}, ${which} is not open to this user`,
          mustBe: `${free} from 1024 to 65535`,
        };
      default:
        return {
          name: "--host",
          got: host,
          mustBe: "an address of this computer",
          example: "127.0.0.1",
        };
    }
  }
}
