import type { Logger } from "../app/contract/log.ts";
import { SettingsError } from "../app/contract/settings.ts";
import type { Fault } from "../app/contract/fault.ts";
import { LocalDatabase } from "./postgres/database.ts";
import { Guard } from "./guard.ts";
import { connectionsOfFronts } from "./replicas/openFiles.ts";
import type { LocalWorkload } from "./localWorkload.ts";
import type { LocalOptions } from "./options.ts";
import { Workload } from "./workload.ts";

/** Database connections for each replica, with those of its successor in a roll-out. */
const CONNECTIONS_PER_REPLICA = 12;

/** Database connections for people, and for PostgreSQL itself. */
const SPARE_CONNECTIONS = 20;

/** All that one `npm start` runs. */
export class LocalRun {
  readonly #options: LocalOptions;
  readonly #workloads: readonly Workload[];
  /** Workloads whose replicas use the database. */
  readonly #stateful: readonly Workload[];
  /** Undefined if no workload keeps data. */
  readonly #database: LocalDatabase | undefined;
  #isStopping = false;

  /** @param onLost called when the database has exited and cannot be restarted */
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
          environment: () => ({ ...workload.environment, ...this.#databaseOf(workload) }),
          log: log.child({ workload: workload.name }),
          guard,
        }),
    );
    const isStateful = ({ storage }: LocalWorkload): boolean => storage !== "none";
    const stateful = workloads.filter(isStateful);
    const names = stateful.map(({ name }) => name);
    this.#stateful = this.#workloads.filter(({ name }) => names.includes(name));
    const apps = stateful.flatMap(({ program }) => ("app" in program ? [program.app] : []));
    const owners = stateful.filter(({ storage }) => storage === "own").map(({ name }) => name);
    const replicas = stateful.reduce((sum, workload) => sum + workload.replicas, 0);
    const databaseConnections = SPARE_CONNECTIONS + replicas * CONNECTIONS_PER_REPLICA;
    this.#database =
      replicas === 0
        ? undefined
        : new LocalDatabase({
            folder,
            apps: [...new Set(apps)],
            owners,
            maxConnections: databaseConnections,
            log,
            guard,
            onMoved: () => this.#restartStateful(),
            onLost,
          });
  }

  /** @throws SettingsError when a port cannot be opened */
  async listen(): Promise<void> {
    const { host, port: first } = this.#options;
    for (const [index, workload] of this.#workloads.entries()) {
      const port = first === 0 ? 0 : first + index;
      try {
        await workload.listen(port, host);
      } catch (error) {
        const fault = this.#listenFault(error as NodeJS.ErrnoException, workload.name, port);
        throw new SettingsError(fault);
      }
    }
  }

  /**
   * Starts the database, then all replicas.
   *
   * @param onProgress called with a line for people about what it waits for
   * @returns whether everything is ready; false if the run is being stopped
   * @throws Error when a replica exits before it was ever ready
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

  /** Rolls all workloads at the same time, like independent deployments. */
  roll(): void {
    this.#workloads.forEach((workload) => void workload.roll().catch(() => undefined));
  }

  /** Drains all replicas, then stops the database, which they need until they exit. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#workloads.map((workload) => workload.stop()));
    await this.#database?.stop();
  }

  /** Kills all replicas; the guard stops the database when this process exits. */
  kill(): void {
    this.#workloads.forEach((workload) => workload.kill());
  }

  /** A line for each workload. */
  toString(): string {
    return this.#workloads.join("\n");
  }

  #databaseOf({ name, program, storage }: LocalWorkload): NodeJS.ProcessEnv {
    if (storage === "none" || this.#database === undefined) {
      return {};
    }
    return "app" in program
      ? this.#database.environmentOf(program.app)
      : this.#database.environmentOfOwner(name);
  }

  #restartStateful(): void {
    this.#stateful.forEach((workload) => workload.restart());
  }

  #listenFault({ code }: NodeJS.ErrnoException, workload: string, port: number): Fault {
    const { host, port: first, workloads } = this.#options;
    const which = port === first ? "which" : `but ${port}, the port of ${workload},`;
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
