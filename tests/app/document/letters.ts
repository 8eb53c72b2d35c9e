import { MessageType } from "@hocuspocus/server";
import * as Y from "yjs";
import { hello, openRaw, updateFrame } from "../../support/documentFrames.ts";
import { waitFor } from "../../drivers/waitFor.ts";

/** Limits of a server that takes letters as fast as they are written. */
export const LETTER_LIMITS = { maxUpdatesPerSecond: 1_000_000, maxDocumentBytes: 16 * 1024 * 1024 };

/** Writes a letter at a time into a document's title, each one an update. */
export async function writeLetters(origin: string, id: string, count: number): Promise<string> {
  const raw = await openRaw(origin, id);
  raw.socket.send(hello(id));
  const doc = new Y.Doc();
  let sent = 0;
  doc.on("update", (update) => {
    raw.socket.send(updateFrame(id, update));
    sent += 1;
  });
  let confirmed = 0;
  raw.socket.on("message", (data: Buffer) => {
    // The id, its length before it, and then the kind of message.
    confirmed += data[id.length + 1] === MessageType.SyncStatus ? 1 : 0;
  });
  const title = doc.getText("title");
  for (let letter = 0; letter < count; letter++) {
    // At the end, where each is let through by a look: what has to be tried is saved together with what waits behind it.
    title.insert(letter, String.fromCharCode(97 + (letter % 26)));
    if (sent % 500 === 0 || letter === count - 1) {
      await waitFor("all is confirmed", () => confirmed === sent);
    }
  }
  raw.socket.close();
  return title.toJSON();
}
