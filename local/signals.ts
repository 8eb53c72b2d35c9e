import { readFileSync } from "node:fs";
import { emitKeypressEvents } from "node:readline";
import { Interrupts } from "../terminal/interrupts.ts";

const EXIT_SIGNALLED_TWICE = 130;

/** The actions of signals and keys on a run. */
export interface RunActions {
  /** Stops it gracefully; resolves when every process has exited. */
  stop(): Promise<void>;
  /** Kills every process. */
  kill(): void;
  /** Replaces the replicas. */
  roll(): void;
}

/** Handles the signals to this process. Until `control()` is called, a signal to stop exits immediately. */
export class Signals {
  #run: RunActions | undefined;
  readonly #interrupts = new Interrupts();

  constructor() {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => this.#stop());
    }
    process.on("SIGUSR2", () => this.#run?.roll());
  }

  /** Whether a signal to stop has arrived. */
  get isStopping(): boolean {
    return this.#interrupts.count > 0;
  }

  /** Lets signals, and keys in a terminal, stop a run or roll its replicas. */
  control(run: RunActions): void {
    this.#run = run;
    handleKeys(
      () => this.#stop(),
      () => run.roll(),
    );
  }

  #stop(): void {
    if (!this.#interrupts.add()) {
      return;
    }
    if (this.#interrupts.count === 1) {
      void Promise.resolve(this.#run?.stop()).then(() => process.exit(0));
    } else {
      this.#run?.kill();
      process.exit(EXIT_SIGNALLED_TWICE);
    }
  }
}

/** Handles keys in a terminal: r rolls the replicas. In raw mode Ctrl-C is a key, not a signal. */
function handleKeys(stop: () => void, roll: () => void): void {
  if (!process.stdin.isTTY || !isInForeground()) {
    return;
  }
  emitKeypressEvents(process.stdin);
  process.stdin.setRawMode(true);
  process.stdin.on("keypress", (_text, key: { name?: string; ctrl?: boolean }) => {
    if (key.ctrl === true && (key.name === "c" || key.name === "d")) {
      stop();
    } else if (key.name === "r") {
      roll();
    }
  });
  console.error("press r to roll the replicas, Ctrl-C to drain and exit");
}

/** Whether this process may change the terminal's mode, for which a background job would be stopped. */
function isInForeground(): boolean {
  try {
    const stat = readFileSync("/proc/self/stat", "utf8");
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return group === foreground;
  } catch {
    return true;
  }
}
