import { CATALOGUE } from "../../app/contract/catalogue.ts";
import { metricAt } from "../drivers/metrics.ts";
import { endRuns, runNode, type Run } from "../drivers/localRun.ts";
import { freePorts } from "../support/ports.ts";
import { usePostgres } from "../drivers/postgres.ts";
import { waitFor } from "../drivers/waitFor.ts";
import { Fleet, isUp, PODS, type Router } from "./routers.ts";

const ORDINALS = [0, 1, 2];

/** Three replicas of an app, as the image runs them, behind two routers. */
export class RoutedApp {
  replicas: Run[] = [];
  databaseUrl = "";
  #routers: Router[] = [];
  #fleet: Fleet | undefined;
  #port = 0;
  #metricsPort = 0;
  readonly #app: "company" | "document";
  readonly #environment: Record<string, string>;

  /** For each test of a `describe`. */
  constructor(app: "company" | "document", environment: Record<string, string>) {
    this.#app = app;
    this.#environment = environment;
    const postgres = usePostgres();
    beforeEach(async () => this.#start(await postgres.newDatabase()));
    afterEach(async () => {
      await endRuns();
      await this.#fleet?.stop();
    });
  }

  get routers(): [Router, Router] {
    const [first, second] = this.#routers;
    if (first === undefined || second === undefined) {
      throw new Error("there are no routers yet");
    }
    return [first, second];
  }

  /** Starts a replica, also one that has ended. */
  start(ordinal: number): Run {
    return runNode("app/main.ts", [], {
      APP: this.#app,
      HOST: addressOf(ordinal),
      PORT: String(this.#port),
      METRICS_PORT: String(this.#metricsPort),
      REPLICA_NAME: nameOf(ordinal),
      DATABASE_URL: this.databaseUrl,
      DATABASE_TLS: "off",
      ...this.#environment,
    });
  }

  /** A counter of each replica. */
  counts(name: string): Promise<(number | undefined)[]> {
    return Promise.all(
      ORDINALS.map((ordinal) =>
        metricAt(`http://${addressOf(ordinal)}:${this.#metricsPort}`, name),
      ),
    );
  }

  async #start(databaseUrl: string): Promise<void> {
    this.databaseUrl = databaseUrl;
    [this.#port, this.#metricsPort] = [await freePorts(1), await freePorts(1)];
    const fleet = await Fleet.of(0);
    this.#fleet = fleet;
    for (const ordinal of ORDINALS) {
      const host = `${nameOf(ordinal)}.${PODS.serviceName}.${PODS.namespace}.svc.cluster.local`;
      fleet.names.addresses.set(host, addressOf(ordinal));
    }
    this.replicas = ORDINALS.map((ordinal) => this.start(ordinal));
    // HAProxy 2.6 takes a replica whose name it finds for one that is up, until its checks say otherwise.
    for (const ordinal of ORDINALS) {
      const readiness = `http://${addressOf(ordinal)}:${this.#port}/readyz`;
      const isReady = (): Promise<boolean> =>
        fetch(readiness).then(
          ({ ok }) => ok,
          () => false,
        );
      await waitFor("the replica is ready", isReady);
    }
    this.#routers = [await this.#route(fleet), await this.#route(fleet)];
  }

  /**
   * Without the PROXY header, which a load balancer would put before what these clients send, and with less patience
   * for connections that do not end.
   */
  async #route(fleet: Fleet): Promise<Router> {
    const routes = CATALOGUE[this.#app].routing.keyRoutes;
    const port = this.#port;
    const router = await fleet.route({ routes, replicas: ORDINALS.length, port }, (config) =>
      config.replace(" accept-proxy", "").replace(/hard-stop-after \d+s/, "hard-stop-after 2s"),
    );
    for (const ordinal of ORDINALS) {
      await waitFor("all replicas are up", () => isUp(router, nameOf(ordinal)));
    }
    return router;
  }
}

/** The name of a replica, which its answers have. */
export function nameOf(ordinal: number): string {
  return `${PODS.statefulSet}-${ordinal}`;
}

function addressOf(ordinal: number): string {
  return `127.0.1.${ordinal + 1}`;
}
