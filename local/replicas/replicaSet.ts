import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../../app/contract/log.ts";
import type { Guard } from "../guard.ts";
import type { Program } from "./program.ts";
import { ReplicaProcess } from "./replicaProcess.ts";

const MIN_RESTART_MS = 100;
const MAX_RESTART_MS = 5000;

export interface ReplicaSetOptions {
  /** Prefix of their names. */
  name: string;
  program: Program;
  readinessPath: string;
  drainsItself: boolean;
  replicas: number;
  drainSeconds: number;
  /** Returns the program's own environment variables; called at each start of a replica. */
  environment: () => NodeJS.ProcessEnv;
  log: Logger;
  guard: Guard;
  /** Called when the set of routable replicas may have changed. */
  onChange?: () => void;
  /** Called with a connection that was offered and not accepted. */
  onReturned?: (socket: Socket) => void;
}

/** The processes of one workload: restarts those that die, rolls and stops them. */
export class ReplicaSet {
  readonly #options: ReplicaSetOptions;
  readonly #processes = new Map<string, ReplicaProcess>();
  readonly #failures = new Map<string, number>();
  #stopping = false;
  #starting: Promise<void> = Promise.resolve();
  #rolling: Promise<void> | undefined;
  #isRollWaiting = false;
  #waiters: (() => void)[] = [];
  #failed: ((error: Error) => void) | undefined;

  constructor(options: ReplicaSetOptions) {
    this.#options = options;
  }

  /**
   * Starts all replicas.
   *
   * @param onProgress called with the number of those that are ready, at first and with each change
   * @throws Error when one exits before it was ever ready
   */
  start(onProgress?: (ready: number) => void): Promise<void> {
    this.#starting = this.#start(onProgress);
    return this.#starting;
  }

  async #start(onProgress?: (ready: number) => void): Promise<void> {
    const failed = new Promise<never>((_resolve, reject) => (this.#failed = reject));
    for (let number = 1; number <= this.#options.replicas; number++) {
      this.#launch(`${this.#options.name}-${String(number).padStart(5, "0")}`);
    }
    await Promise.race([
      this.#until(() => {
        const ready = this.routable().length;
        onProgress?.(ready);
        return ready === this.#options.replicas;
      }),
      failed,
    ]);
    this.#failed = undefined;
  }

  /** Replicas that take new connections; if there are none, those that are leaving (fail open). */
  routable(): readonly ReplicaProcess[] {
    const replicas = [...this.#processes.values()];
    const routable = replicas.filter(({ availability }) => availability === "routable");
    return routable.length > 0
      ? routable
      : replicas.filter(({ availability }) => availability === "leaving");
  }

  /** Replaces the replicas one after the other, each after its drain; one more roll-out may wait. */
  async roll(): Promise<void> {
    if (this.#isRollWaiting || this.#stopping) {
      return;
    }
    this.#isRollWaiting = true;
    await (this.#rolling ?? this.#starting);
    this.#isRollWaiting = false;
    this.#rolling = this.#roll();
    await this.#rolling;
  }

  /** Drains all replicas at once; their successors start with the current environment. */
  restart(): void {
    this.#processes.forEach((replica) => replica.stop());
  }

  /** Drains all replicas at once; resolves when the last has exited. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const replicas = [...this.#processes.values()];
    replicas.forEach((replica) => replica.stop());
    await Promise.all(replicas.map(({ exited }) => exited));
  }

  /** Kills all replicas. */
  kill(): void {
    this.#stopping = true;
    this.#processes.forEach((replica) => replica.kill());
  }

  async #roll(): Promise<void> {
    const { log } = this.#options;
    log.info("roll-out started");
    for (const name of [...this.#processes.keys()]) {
      if (this.#stopping) {
        return;
      }
      const replica = this.#processes.get(name);
      replica?.stop();
      await replica?.exited;
      await this.#until(() => this.#processes.get(name)?.availability === "routable");
    }
    log.info("roll-out done");
  }

  #launch(name: string): void {
    if (this.#stopping) {
      return;
    }
    const { environment, onReturned } = this.#options;
    const replica = new ReplicaProcess({
      ...this.#options,
      name,
      environment: environment(),
      onReturned: (socket) => onReturned?.(socket),
      onChange: () => this.#changed(),
      onExit: (failure) => void this.#exited(name, failure),
    });
    this.#processes.set(name, replica);
  }

  async #exited(name: string, failure: string | undefined): Promise<void> {
    if (this.#stopping) {
      return;
    }
    if (failure === undefined) {
      this.#failures.set(name, 0);
    } else {
      this.#failed?.(new Error(`${name} ${failure} before it was ready; see its output`));
      const failures = (this.#failures.get(name) ?? 0) + 1;
      this.#failures.set(name, failures);
      await sleep(Math.min(MAX_RESTART_MS, MIN_RESTART_MS * 2 ** failures));
    }
    this.#launch(name);
  }

  #changed(): void {
    this.#waiters.splice(0).forEach((wake) => wake());
    this.#options.onChange?.();
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition() && !this.#stopping) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }
}
