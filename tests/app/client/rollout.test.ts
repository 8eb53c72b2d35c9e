import { deepEqual, equal, ok } from "node:assert/strict";
import { ResumingClient } from "../../../app/client/resumingClient.ts";
import { SockjsSession } from "../../../verify/sockjs/session.ts";
import { TRANSPORTS } from "../../../verify/sockjs/transport.ts";
import { endRuns, pidOf, replicaOf, startLocal, type LocalRun } from "../../drivers/localRun.ts";
import { waitFor } from "../../drivers/waitFor.ts";

const CLIENTS = 70;
const SEND_EVERY_MS = 100;

interface Talker {
  client: ResumingClient;
  source: string;
  replica: string;
}

/** Clients on all transports, each with an address of its own, that talk all the time. */
async function startTalking({ url, origin }: LocalRun): Promise<Talker[]> {
  const talkers: Talker[] = [];
  for (let index = 0; index < CLIENTS; index++) {
    const transport = TRANSPORTS[index % TRANSPORTS.length] ?? "websocket";
    const source = `127.0.1.${index + 1}`;
    const connect = () => new SockjsSession({ url, transport, source });
    const client = new ResumingClient({ connect });
    talkers.push({ client, source, replica: await replicaOf(origin, source) });
    client.connect();
  }
  return talkers;
}

describe("resuming clients on all transports", () => {
  let talkers: Talker[] = [];
  let talk: NodeJS.Timeout | undefined;

  afterEach(async () => {
    clearInterval(talk);
    talkers.forEach(({ client }) => client.close());
    await endRuns();
  });

  async function begin(run: LocalRun): Promise<void> {
    talkers = await startTalking(run);
    talk = setInterval(() => talkers.forEach(({ client }) => client.send("hello")), SEND_EVERY_MS);
    await everyoneAnswered("everyone has begun");
  }

  const everyoneAnswered = async (what: string): Promise<void> => {
    const before = talkers.map(({ client }) => client.counts.echoed);
    await waitFor(what, () =>
      talkers.every(({ client }, index) => client.counts.echoed > (before[index] ?? 0) + 1),
    );
  };

  const nothingLostOrDoubled = async (): Promise<void> => {
    clearInterval(talk);
    await waitFor("all is echoed", () => talkers.every(({ client }) => client.waiting === 0));
    for (const { client } of talkers) {
      const { sent, echoed, doubled, lost, refused } = client.counts;
      ok(sent > 0);
      deepEqual(
        { echoed, doubled, lost, refused },
        { echoed: sent, doubled: 0, lost: 0, refused: 0 },
      );
    }
  };

  it("neither lose nor duplicate a message in a roll-out that moves all of them", async () => {
    const run = await startLocal("--drain", "1");
    await begin(run);
    run.child.kill("SIGUSR2");
    await waitFor("the roll-out is done", () => run.err.includes("roll-out done"));
    await everyoneAnswered("everyone is back");
    ok(talkers.every(({ client }) => client.counts.reconnects > 0));
    await nothingLostOrDoubled();
  });

  it("reconnect after a kill only if they were connected to the killed replica", async () => {
    const run = await startLocal();
    await begin(run);
    process.kill(pidOf(run, "echo-00002"), "SIGKILL");
    const theirs = talkers.filter(({ replica }) => replica === "echo-00002");
    ok(theirs.length > 0);
    await waitFor("they are back", () =>
      theirs.every(({ client }) => client.counts.reconnects > 0),
    );
    await everyoneAnswered("everyone goes on");
    const others = talkers.filter(({ replica }) => replica !== "echo-00002");
    equal(others.filter(({ client }) => client.counts.reconnects > 0).length, 0);
    await nothingLostOrDoubled();
  });
});
