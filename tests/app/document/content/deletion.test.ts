import { deepEqual, equal, ok } from "node:assert/strict";
import * as Y from "yjs";
import { Content } from "../../../../app/document/content/content.ts";
import { Integration } from "../../../../app/document/content/integration.ts";
import { emptyDoc } from "../../../../app/document/content/sharedDoc.ts";
import { Scheduler } from "../../../../app/document/content/scheduler.ts";
import {
  UpdateValidator,
  type ValidationServices,
} from "../../../../app/document/validation/updateValidator.ts";
import { DocumentSchema } from "../../../../app/document/validation/documentSchema.ts";
import { UpdateReader } from "../../../../app/document/content/updateReader.ts";
import { textSchema } from "../../../../app/document/page/textSchema.ts";
import { deleting } from "../documentAttacks.ts";
import { LIMITS } from "../../../drivers/documentServer.ts";

const COUNT = 2000;
const STEPS = 500;

/** Puts many items into the first element of a body, in a way of its own. */
const SUBTREES: Record<string, (outer: Y.XmlElement) => void> = {
  "many elements": (outer) => {
    outer.insert(
      0,
      Array.from({ length: COUNT / 2 }, () => {
        const item = new Y.XmlElement("listItem");
        item.insert(0, [new Y.XmlElement("paragraph")]);
        return item;
      }),
    );
  },
  "elements within elements": (outer) => {
    let inner = outer;
    for (let depth = 0; depth < 150; depth++) {
      const next = new Y.XmlElement("blockquote");
      inner.insert(0, [next, ...Array.from({ length: 10 }, () => new Y.XmlElement("paragraph"))]);
      inner = next;
    }
  },
  "letters that were typed backwards, every other one deleted": (outer) => {
    const text = new Y.XmlText();
    outer.insert(0, [text]);
    for (let each = 0; each < COUNT; each++) {
      text.insert(0, "ab");
      text.delete(1, 1);
    }
  },
  "an attribute that had many values": (outer) => {
    for (let each = 0; each < COUNT; each++) {
      outer.setAttribute("level", String(each));
      outer.insert(0, [new Y.XmlElement("paragraph")]);
    }
  },
};

/** A body whose only element has such a subtree, by two clients. */
function bodyOf(fill: (outer: Y.XmlElement) => void): Uint8Array[] {
  const doc = new Y.Doc();
  doc.clientID = 1;
  const outer = new Y.XmlElement("bulletList");
  doc.getXmlFragment("body").insert(0, [outer]);
  doc.transact(() => fill(outer));
  const first = Y.encodeStateAsUpdate(doc);
  const vector = Y.encodeStateVector(doc);
  doc.clientID = 2;
  doc.transact(() => fill(outer));
  return [first, Y.encodeStateAsUpdate(doc, vector)];
}

function live({ store }: Y.Doc): number {
  const structs = [...store.clients.values()].flat();
  return structs.filter(({ deleted }) => !deleted).length;
}

describe("the deletion of an item that contains many others", () => {
  const deletion = deleting(1, [[0, 1]]);

  for (const [what, fill] of Object.entries(SUBTREES)) {
    it(`has the same result as in Yjs, in small steps: ${what}`, () => {
      const [stock, doc] = [emptyDoc(), emptyDoc()];
      for (const update of bodyOf(fill)) {
        Y.applyUpdate(stock, update);
        Y.applyUpdate(doc, update);
      }
      Y.applyUpdate(stock, deletion);
      const integration = new Integration(doc, new UpdateReader(deletion));
      const counts = [live(doc)];
      while (!integration.advance(STEPS)) {
        counts.push(live(doc));
      }
      const most = Math.max(...counts.map((count, index) => count - (counts[index + 1] ?? 0)));
      ok((counts[0] ?? 0) > COUNT && most <= STEPS / 5, `${most} at once of ${counts[0]}`);
      deepEqual(Y.encodeStateAsUpdate(doc), Y.encodeStateAsUpdate(stock));
    });
  }

  it("is complete before the next update is checked", async () => {
    const content = new Content(new Scheduler());
    const failed = (error: unknown): void => {
      throw error as Error;
    };
    await content.integrate(bodyOf(SUBTREES["many elements"] ?? failed), failed);
    let wasSettled: boolean | undefined;
    const services = {
      schema: new DocumentSchema(textSchema()),
      limits: { ...LIMITS, maxDocumentBytes: 1 },
      store: { read: () => void (wasSettled = content.isSettled) },
      jobs: { run: (_kind: string, _id: string, prepare: () => unknown) => prepare() },
    };
    const intake = new UpdateValidator("id", content, services as unknown as ValidationServices);
    const doc = new Y.Doc();
    doc.getText("title").insert(0, "x");
    const deleted = content.integrate([deletion], failed);
    equal(content.isSettled, false);
    await intake.judge(Y.encodeStateAsUpdate(doc)).catch(() => undefined);
    equal(wasSettled, true);
    await deleted;
  });
});
