import { deepEqual } from "node:assert/strict";
import { Content } from "../../../../app/document/content/content.ts";
import { Scheduler } from "../../../../app/document/content/scheduler.ts";
import { UpdateQueue } from "../../../../app/document/server/updateQueue.ts";
import type { Room } from "../../../../app/document/room/room.ts";
import { LIMITS } from "../../../drivers/documentServer.ts";

/** More than what is done at once. */
const LONG_MS = 10;

describe("updates that arrive at once", () => {
  it("are processed in order without blocking the event loop, whichever editor sends them", async () => {
    const happened: string[] = [];
    const loop = (): void => {
      happened.push("loop");
      timer = setImmediate(loop);
    };
    let timer = setImmediate(loop);
    const check = ([number]: Uint8Array) => {
      const end = performance.now() + LONG_MS;
      while (performance.now() < end);
      happened.push(`update ${number}`);
      return { kind: "known" };
    };
    const room = { content: new Content(new Scheduler()), submit: check } as unknown as Room;
    const editors = ["a", "b"].map((name) => {
      let onIdle: () => void = () => undefined;
      const idle = new Promise<void>((resolve) => (onIdle = resolve));
      const events = {
        onSaved: () => undefined,
        onFailed: (error: unknown) => happened.push(String(error)),
        onBusy: () => undefined,
        onIdle: () => {
          happened.push(`${name} is idle`);
          onIdle();
        },
      };
      return { inbox: new UpdateQueue(room, LIMITS, events), idle };
    });
    const [one, other] = editors;
    [1, 2].forEach((number) => one?.inbox.push(Uint8Array.of(number)));
    // It leaves before its second one is decided on.
    one?.inbox.close();
    other?.inbox.push(Uint8Array.of(3));
    await Promise.all(editors.map(({ idle }) => idle));
    clearImmediate(timer);
    deepEqual(
      happened.filter((each, index) => each !== "loop" || happened[index - 1] !== "loop"),
      ["update 1", "a is idle", "loop", "update 2", "a is idle", "loop", "update 3", "b is idle"],
    );
  });
});
