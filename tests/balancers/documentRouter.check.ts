import { deepEqual, equal, ok } from "node:assert/strict";
import { DOCUMENT_ROUTING } from "../../app/document/routing.ts";
import { startPostgres, type Postgres } from "../../local/postgres.ts";
import { closeEditors, converge, Editor } from "../support/documentEditor.ts";
import { newDocument } from "../support/documentServer.ts";
import { metric } from "../support/echoServer.ts";
import { replicaOf } from "../support/localDocument.ts";
import { assertTyped, begin, keepTyping, typistsAt } from "../support/localDocumentTyping.ts";
import { endRuns, runNode, type Run } from "../support/localRun.ts";
import { newDatabase } from "../support/postgres.ts";
import { waitFor } from "../support/waitFor.ts";
import { freePort } from "./balancers.ts";
import { get } from "./routerClient.ts";
import { Fleet, isUp, PODS, type Router } from "./routers.ts";

const REPLICAS = [0, 1, 2];
const DOCUMENTS = 10;

const nameOf = (ordinal: number): string => `${PODS.statefulSet}-${ordinal}`;
const addressOf = (ordinal: number): string => `127.0.1.${ordinal + 1}`;
const originOf = ({ port }: Router): string => `http://127.0.0.1:${port}`;

describe("the document collaborator behind key routers", () => {
  let postgres: Postgres;
  let fleet: Fleet;
  let port: number;
  let url: string;
  let routers: [Router, Router];
  let replicas: Run[];

  before(async () => {
    postgres = await startPostgres({ ephemeral: true }, 60);
  });
  after(() => postgres.stop());

  beforeEach(async () => {
    url = await newDatabase(postgres.url);
    port = await freePort();
    fleet = await Fleet.of(0);
    for (const ordinal of REPLICAS) {
      const host = `${nameOf(ordinal)}.${PODS.serviceName}.${PODS.namespace}.svc.cluster.local`;
      fleet.names.addresses.set(host, addressOf(ordinal));
    }
    replicas = REPLICAS.map(startReplica);
    // HAProxy 2.6 takes a replica whose name it finds for one that is up, until its checks say otherwise.
    await waitFor(
      "all replicas are ready",
      () => replicas.every(({ out }) => out.includes('"phase":"ready"')),
      30,
    );
    routers = [await route(), await route()];
  });
  afterEach(async () => {
    closeEditors();
    await endRuns();
    await fleet.stop();
  });

  /** The app as the image runs it. */
  function startReplica(ordinal: number): Run {
    return runNode("app/main.ts", [], {
      APP: "document",
      HOST: addressOf(ordinal),
      PORT: String(port),
      REPLICA_NAME: nameOf(ordinal),
      // Longer than the routers take to see that it leaves.
      DRAIN_SECONDS: "5",
      DATABASE_URL: url,
      DATABASE_TLS: "off",
    });
  }

  /**
   * Without the PROXY header, which a load balancer would put before what these clients send, and with less patience
   * for connections that do not end.
   */
  async function route(): Promise<Router> {
    const routes = DOCUMENT_ROUTING.keyRoutes;
    const router = await fleet.route({ routes, replicas: REPLICAS.length, port }, (config) =>
      config.replace(" accept-proxy", "").replace(/hard-stop-after \d+s/, "hard-stop-after 2s"),
    );
    for (const ordinal of REPLICAS) {
      await waitFor("all replicas are up", () => isUp(router, nameOf(ordinal)), 20);
    }
    return router;
  }

  /** An editor by a router, and by the other one when that has ended. */
  async function openBy(id: string, router: Router): Promise<Editor> {
    const editor = new Editor(id, () =>
      originOf([router, ...routers].find(({ child }) => child.exitCode === null) ?? router),
    );
    await editor.saved();
    await waitFor("it knows its replica", () => replicaOf(editor) !== "");
    return editor;
  }

  const hops = async (): Promise<unknown> =>
    Promise.all(
      REPLICAS.map((ordinal) =>
        metric(`http://${addressOf(ordinal)}:${port}`, "document_hops_total"),
      ),
    );

  /** Editors of one document by both routers, who type until the answer is called. */
  async function typeByBoth() {
    const id = await newDocument(originOf(routers[0]));
    const editors = [
      await openBy(id, routers[0]),
      await openBy(id, routers[1]),
      await openBy(id, routers[0]),
    ];
    await begin(editors);
    const typists = typistsAt(editors);
    const stop = keepTyping(typists);
    await Promise.all(typists.map((typist) => typist.confirmed()));
    const [owner = "", ...others] = new Set(editors.map(replicaOf));
    deepEqual(others, []);
    return {
      owner,
      editors,
      /** Everybody has all keys of all, and is in one replica. */
      finish: async (): Promise<void> => {
        await stop();
        await converge(editors);
        assertTyped(editors[0], typists);
        equal(new Set(editors.map(replicaOf)).size, 1);
      },
    };
  }

  it("has editors meet in one replica, by whichever router they come, without a hop", async () => {
    const owners = new Set<string>();
    for (let each = 0; each < DOCUMENTS; each++) {
      const id = await newDocument(originOf(routers[each % 2] ?? routers[0]));
      const editors = await Promise.all(routers.map((router) => openBy(id, router)));
      const [owner = "", ...others] = new Set(editors.map(replicaOf));
      deepEqual(others, []);
      for (const router of routers) {
        equal((await get(router.port, `/documents/${id}`)).headers["x-replica"], owner);
        equal((await get(router.port, `/documents/${id}/versions`)).headers["x-replica"], owner);
      }
      editors.forEach((editor, index) => editor.write(`by router ${index}`));
      await converge(editors);
      equal(editors[0]?.paragraphs.length, 2);
      owners.add(owner);
    }
    ok(owners.size > 1);
    deepEqual(await hops(), [0, 0, 0]);
  });

  for (const [signal, code] of [
    ["SIGKILL", 1006],
    ["SIGTERM", 4012],
  ] as const) {
    it(`moves those who type to one other replica when theirs ends by ${signal}`, async () => {
      const { owner, editors, finish } = await typeByBoth();
      const lost = replicas[Number(owner.at(-1))];
      lost?.child.kill(signal);
      await lost?.ended;
      await waitFor(
        "all are elsewhere",
        () => editors.every((each) => replicaOf(each) !== owner),
        20,
      );
      await finish();
      deepEqual(new Set(editors.map(({ closed }) => closed[0]?.code)), new Set([code]));
    });
  }

  it("keeps them in their replica when a router stops, who come back by the other one", async () => {
    const { owner, editors, finish } = await typeByBoth();
    const [stopped] = routers;
    stopped.child.kill("SIGUSR1");
    equal(await stopped.ended, 0);
    const gone = editors.filter(({ closed }) => closed.length > 0);
    await waitFor("they are back", () => gone.every(({ stateless }) => stateless.length > 1));
    await finish();
    deepEqual(
      editors.map(({ closed }) => closed.length > 0),
      [true, false, true],
    );
    deepEqual(new Set(editors.map(replicaOf)), new Set([owner]));
    deepEqual(await hops(), [0, 0, 0]);
  });
});
