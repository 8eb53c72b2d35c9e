import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below the ports that Linux gives to connections and to servers on port 0, which would take one of these meanwhile. */
const LOWEST = 10_000;
const HIGHEST = 32_000;

/** The first of so many consecutive free ports. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const probes: ReturnType<typeof createServer>[] = [];
    try {
      const first = await listen(randomInt(LOWEST, HIGHEST), probes);
      for (let next = 1; next < count; next++) {
        await listen(first + next, probes);
      }
      return first;
    } catch {
      // One of the next ones is in use.
    } finally {
      await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))));
    }
  }
}

function listen(port: number, probes: ReturnType<typeof createServer>[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(port, "127.0.0.1", () => {
      probes.push(probe);
      const address = probe.address();
      resolve(typeof address === "object" ? (address?.port ?? 0) : 0);
    });
  });
}
