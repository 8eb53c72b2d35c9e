import { equal, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { connectionsOfFronts } from "../../../local/replicas/openFiles.ts";
import { waitFor } from "../../drivers/waitFor.ts";
import {
  connectionsOf,
  endFronts,
  send,
  startFront,
  startReplica,
} from "../../support/httpFront.ts";
import { openMany, openOf } from "../manyConnections.ts";

describe("a front at its limit of connections", () => {
  afterEach(endFronts);

  it("closes further connections at once, serves those that it has, and others when there is room", async () => {
    const replica = await startReplica("app-00001");
    const origin = await startFront("none", [replica], { maxConnections: 10 });
    const first = await openMany(origin, 10);
    const more = await openMany(origin, 50);
    await waitFor("they are closed", () => openOf(more) === 0);
    equal(openOf(first), 10);
    let heard = "";
    first[0]?.on("data", (data) => (heard += String(data)));
    first[0]?.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await waitFor("it is served", () => heard.endsWith("app-00001"));
    first.forEach((socket) => socket.destroy());
    await waitFor("others are served", () =>
      send(origin).then(
        ({ status }) => status === 200,
        () => false,
      ),
    );
    await waitFor("nothing is left", () => connectionsOf(replica) === 0);
  });

  it("leaves open files for replicas, however many there are", () => {
    const [few, many] = [connectionsOfFronts(1), connectionsOfFronts(1000)];
    ok(many >= 1 && many < few, `${many} and ${few}`);
    const files = Number(execFileSync("/bin/sh", ["-c", "ulimit -n"], { encoding: "utf8" }));
    ok(Number.isNaN(files) || 2 * few < files, `${few} connections, ${files} files`);
  });
});
