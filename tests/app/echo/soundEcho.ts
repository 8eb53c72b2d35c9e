import { deepEqual, equal, match } from "node:assert/strict";
import { metricsOf } from "../../drivers/metrics.ts";
import { echoOnce } from "../../support/sessions.ts";
import { waitFor } from "../../drivers/waitFor.ts";

/** Headers of a WebSocket's handshake, with changes. */
export function handshakeHeaders(changes: Record<string, string | undefined>): string {
  const headers: typeof changes = {
    Host: "a",
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    ...changes,
  };
  return Object.entries(headers)
    .flatMap(([name, value]) => (value === undefined ? [] : `${name}: ${value}\r\n`))
    .join("");
}

/** An echo server has no session left and no error in its log, and serves an honest client. */
export async function assertSound(origin: string, log: readonly string[]): Promise<void> {
  match(await echoOnce({ url: `${origin}/echo`, transport: "xhr-polling" }), /: hello$/);
  match(await echoOnce({ url: `${origin}/echo`, transport: "websocket" }), /: hello$/);
  await waitFor("no session is left", async () => {
    const text = await metricsOf(origin);
    return text.split("\n").every((each) => !/^sockjs_sessions\{.*\} [^0]/.test(each));
  });
  equal((await fetch(`${origin}/readyz`)).status, 200);
  deepEqual(
    log.filter((line) => (JSON.parse(line) as { level: number }).level >= 50),
    [],
  );
}
