import { readFileSync } from "node:fs";
import { emitKeypressEvents } from "node:readline";
import { Interrupts } from "../terminal/interrupts.ts";

const EXIT_SIGNALLED_TWICE = 130;

/** What signals and keys do to a run. */
export interface Signalled {
  /** Ends it in order; resolves when all has ended. */
  stop(): Promise<void>;
  /** Ends it now. */
  kill(): void;
  /** Replaces the replicas. */
  roll(): void;
}

/** The signals to this process. Until there is a run, one that stops it ends the process at once. */
export class Signals {
  #run: Signalled | undefined;
  readonly #interrupts = new Interrupts();

  constructor() {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => this.#stop());
    }
    process.on("SIGUSR2", () => this.#run?.roll());
  }

  /** Whether one has told to stop. */
  get isStopping(): boolean {
    return this.#interrupts.count > 0;
  }

  /** Has them, and keys in a terminal, stop this run or roll its replicas. */
  control(run: Signalled): void {
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

/** In a terminal the key r rolls; keys come one by one there, so that Ctrl-C is one of them. */
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
  console.error("r rolls the replicas, Ctrl-C drains and ends");
}

/** A background job that changed the terminal would be stopped; Linux tells whose turn it is. */
function isInForeground(): boolean {
  try {
    const stat = readFileSync("/proc/self/stat", "utf8");
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return group === foreground;
  } catch {
    return true;
  }
}
