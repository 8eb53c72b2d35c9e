import { get } from "node:http";

const INTERVAL_MS = 250;
const TIMEOUT_MS = 1000;

export interface ProbeEvents {
  /** Called when the replica responds. */
  onResponse: (status: number | undefined) => void;
  /** Called when the replica does not respond, with the number of failures in a row. */
  onFailure: (failures: number) => void;
}

/** Checks the readiness of a replica, as a load balancer does: with a new connection each time, which keeps none open. */
export class Probe {
  readonly #port: number;
  readonly #path: string;
  readonly #events: ProbeEvents;
  readonly #timer: NodeJS.Timeout;
  #failures = 0;

  /** @param path that answers 200 while the replica is ready */
  constructor(port: number, path: string, events: ProbeEvents) {
    this.#port = port;
    this.#path = path;
    this.#events = events;
    this.#timer = setInterval(() => this.#check(), INTERVAL_MS);
    this.#check();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #check(): void {
    const url = { host: "127.0.0.1", port: this.#port, path: this.#path, agent: false };
    get({ ...url, signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
      response.resume();
      this.#failures = 0;
      this.#events.onResponse(response.statusCode);
    }).on("error", () => {
      this.#failures += 1;
      this.#events.onFailure(this.#failures);
    });
  }
}
