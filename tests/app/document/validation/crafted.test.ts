import { deepEqual, notEqual } from "node:assert/strict";
import fc from "fast-check";
import * as Y from "yjs";
import { Content } from "../../../../app/document/content/content.ts";
import { MissingError } from "../../../../app/document/content/integration.ts";
import { emptyDoc } from "../../../../app/document/content/sharedDoc.ts";
import { Scheduler } from "../../../../app/document/content/scheduler.ts";
import { FastCheck, type FastCheckResult } from "../../../../app/document/validation/fastCheck.ts";
import { judge } from "../../../../app/document/validation/trialDocument.ts";
import { DocumentSchema } from "../../../../app/document/validation/documentSchema.ts";
import { CloseError } from "../../../../app/document/protocol/closeError.ts";
import { textSchema } from "../../../../app/document/page/textSchema.ts";
import { craftUpdate, type CraftedUpdate, type Id } from "./craftedUpdate.ts";
import { wholeDocument } from "../documentShapes.ts";

const MAX_BYTES = 2 * 1024 * 1024;
const DOCUMENTS = 60;
const UPDATES = 30;
const SEED = 77;
const shape = new DocumentSchema(textSchema());

type Outcome = FastCheckResult["kind"] | "refused";

function refused(error: unknown): "refused" {
  if (error instanceof CloseError || error instanceof MissingError) {
    return "refused";
  }
  throw error;
}

async function open(...updates: Uint8Array[]): Promise<Content> {
  const content = new Content(new Scheduler());
  await content.integrate(updates, (error) => {
    throw error as Error;
  });
  return content;
}

/** All that people see of a document. */
function seen(doc: Y.Doc): unknown {
  return [
    doc.getText("title").toDelta(),
    doc.getMap("fields").toJSON(),
    doc.getMap("comments").toJSON(),
    doc.getXmlFragment("body").toJSON(),
  ];
}

/** A document on a replica: the updates that it contains, and those that are being saved. */
class Replica {
  readonly saved: Uint8Array[];
  readonly content: Content;
  readonly #admission: FastCheck;
  #saving: { update: Uint8Array; entries: Parameters<FastCheck["saveStarted"]>[1] }[] = [];

  constructor(state: Uint8Array, content: Content) {
    this.saved = [state];
    this.content = content;
    this.#admission = new FastCheck(content, shape, MAX_BYTES);
  }

  /** What a look and a try on a copy make of an update; it is taken where both let it through. */
  async offer(update: Uint8Array): Promise<{ look: Outcome; copy: "taken" | "refused" }> {
    let look: FastCheckResult | "refused";
    try {
      look = this.#admission.check(update);
    } catch (error) {
      look = refused(error);
    }
    const copy = this.#isTakenByCopy(update) ? "taken" : "refused";
    const outcome = look === "refused" ? look : look.kind;
    if (copy === "taken" && look !== "refused" && look.kind === "fits") {
      this.#admission.saveStarted(update, look.entries);
      this.#saving.push({ update, entries: look.entries });
    } else if (copy === "taken" && outcome === "unclear") {
      await this.save();
      await this.#take(update);
    }
    return { look: outcome, copy };
  }

  async save(): Promise<void> {
    for (const { update, entries } of this.#saving.splice(0)) {
      await this.#take(update);
      this.#admission.saveSettled(update, entries);
    }
  }

  #isTakenByCopy(update: Uint8Array): boolean {
    const updates = [...this.saved, ...this.#saving.map((each) => each.update)];
    try {
      judge({ updates, update }, shape, MAX_BYTES);
      return true;
    } catch (error) {
      refused(error);
      return false;
    }
  }

  async #take(update: Uint8Array): Promise<void> {
    await this.content.integrate([update], (error) => {
      throw error as Error;
    });
    this.saved.push(update);
  }
}

describe("updates that no editor has made", function () {
  this.timeout(120_000);

  it("pass the fast check only if a trial on a copy accepts them, and have the same result everywhere", async () => {
    const outcomes = new Map<string, number>();
    const property = fc.asyncProperty(fc.gen(), async (gen) => {
      const state = Y.encodeStateAsUpdate(wholeDocument());
      const replica = new Replica(state, await open(state));
      const { clients } = replica.content.doc.store;
      let there: Pick<CraftedUpdate, "ids" | "clocks"> = {
        clocks: new Map(
          [...clients.keys()].map((each) => [each, Y.getState(replica.content.doc.store, each)]),
        ),
        ids: [...clients.keys()].flatMap((client) =>
          Array.from({ length: Y.getState(replica.content.doc.store, client) }, (_, clock): Id => [
            client,
            clock,
          ]),
        ),
      };
      for (let count = 0; count < UPDATES; count++) {
        const crafted = craftUpdate(gen, there);
        const { look, copy } = await replica.offer(crafted.update);
        notEqual(`${look}, ${copy} by the copy`, "fits, refused by the copy");
        outcomes.set(look, (outcomes.get(look) ?? 0) + 1);
        if (copy === "taken" && (look === "fits" || look === "unclear")) {
          there = crafted;
        }
        if (gen(fc.nat, { max: 2 }) === 0) {
          await replica.save();
        }
      }
      await replica.save();
      const { doc } = replica.content;
      deepEqual(shape.invalidItemsIn(doc), []);
      const stock = emptyDoc();
      replica.saved.toReversed().forEach((each) => Y.applyUpdate(stock, each));
      const reopened = await open(await replica.content.encode());
      deepEqual(seen(stock), seen(doc), "stock Yjs, in another order");
      deepEqual(seen(reopened.doc), seen(doc), "opened again");
    });
    await fc.assert(property, { numRuns: DOCUMENTS, seed: SEED, endOnFailure: true });
    // Otherwise nothing of this was tried.
    for (const outcome of ["fits", "refused"]) {
      notEqual(outcomes.get(outcome) ?? 0, 0, outcome);
    }
  });
});
