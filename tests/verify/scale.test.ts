import { match } from "node:assert/strict";
import { highestScore } from "../../local/front/rendezvous.ts";
import { startFront, type Policy } from "./front.ts";
import { startReplicas } from "./replicas.ts";
import { stopServers } from "./servers.ts";
import { examine, judged } from "./verifier.ts";

const NAMES = ["app-0", "app-1", "app-2", "app-3"];

const KEYS = 40;

const SCALE = [
  "--scenario",
  "scale",
  "--sessions",
  String(KEYS),
  "--duration",
  "4",
  "--rate",
  "10",
];

/** The verdict on a front that chooses among three replicas for a key, and once it has met all keys among more. */
async function verdictOn(choose: (path: string, replicas: number) => number): Promise<string> {
  const met = new Set<string>();
  const policy: Policy = ({ path }) => {
    const areAllMet = met.size === KEYS && met.has(path);
    met.add(path);
    return choose(path, areAllMet ? NAMES.length : 3);
  };
  const { port } = await startFront(await startReplicas(NAMES), policy);
  return judged(await examine(`http://127.0.0.1:${port}/`, "--key", "path", ...SCALE));
}

function rendezvous(path: string, replicas: number): number {
  return NAMES.indexOf(highestScore(NAMES.slice(0, replicas), path) ?? "");
}

function modulo(path: string, replicas: number): number {
  return Buffer.from(path).reduce((sum, byte) => (sum * 31 + byte) % 9973, 0) % replicas;
}

describe("npm run verify, while a replica is added,", () => {
  after(stopServers);

  it("finds keys sticky of which few move, and not sticky if most do", async () => {
    const [consistent, rehashed] = await Promise.all([verdictOn(rendezvous), verdictOn(modulo)]);
    match(
      consistent,
      /^sticky: \d+ of 40 keys moved when 1 of 4 replicas joined, which explains 10$/,
    );
    match(
      rehashed,
      /^not sticky: \d+ of 40 keys moved when 1 of 4 replicas joined, which explains 10; \d+ keys moved to a replica that was not new, /,
    );
  });
});
