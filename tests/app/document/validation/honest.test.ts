import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import * as Y from "yjs";
import { FastCheck, type FastCheckResult } from "../../../../app/document/validation/fastCheck.ts";
import { Content } from "../../../../app/document/content/content.ts";
import { textSchema } from "../../../../app/document/page/textSchema.ts";
import { judge } from "../../../../app/document/validation/trialDocument.ts";
import { DocumentSchema } from "../../../../app/document/validation/documentSchema.ts";
import { Scheduler } from "../../../../app/document/content/scheduler.ts";
import { contentOf } from "../../../drivers/documentEditor.ts";
import { LIMITS } from "../../../drivers/documentServer.ts";
import { EDITS, HonestEditor } from "../honestEditor.ts";

const shape = new DocumentSchema(textSchema());

const EDITORS = 3;

const part = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const who = fc.nat(EDITORS - 1);

/** What happens, one thing after the other. */
const event = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("edit" as const),
      who,
      deed: fc.record({ edit: fc.constantFrom(...EDITS), where: part, extent: part }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("send" as const), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("receive" as const), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("commit" as const), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("return" as const), who }) },
);

/** The part of a server that decides on updates, and then has them committed, which takes a while. */
class Server {
  readonly content = new Content(new Scheduler());
  readonly verdicts: FastCheckResult["kind"][] = [];
  readonly #admission = new FastCheck(this.content, shape, LIMITS.maxDocumentBytes);
  readonly #saving: { update: Uint8Array; settle: () => void }[] = [];

  async take(update: Uint8Array): Promise<void> {
    const verdict = this.#admission.check(update);
    this.verdicts.push(verdict.kind);
    if (verdict.kind === "fits") {
      const { entries } = verdict;
      this.#admission.saveStarted(update, entries);
      this.#saving.push({ update, settle: () => this.#admission.saveSettled(update, entries) });
    } else if (verdict.kind === "unclear") {
      await this.commit();
      const state = await this.content.encode();
      const { detours } = judge({ updates: [state], update }, shape, LIMITS.maxDocumentBytes);
      await this.#integrate(update);
      this.content.contention.measured(detours);
    }
  }

  async commit(): Promise<void> {
    for (const { update, settle } of this.#saving.splice(0)) {
      await this.#integrate(update);
      settle();
    }
  }

  #integrate(update: Uint8Array): Promise<void> {
    return this.content.integrate([update], (error) => {
      throw error;
    });
  }
}

describe("what people do in the page", () => {
  it("is accepted, whatever it is and in whatever order it arrives, mostly without a trial on a copy", async () => {
    const verdicts: FastCheckResult["kind"][] = [];
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 40, maxLength: 120 }), async (events) => {
        const server = new Server();
        const editors = Array.from({ length: EDITORS }, () => new HonestEditor());
        const send = async (editor: HonestEditor): Promise<void> => {
          for (const update of editor.takeUpdates()) {
            await server.take(update);
          }
        };
        const receive = async (editor: HonestEditor): Promise<void> =>
          editor.receive(await server.content.encode(Y.encodeStateVector(editor.shared.doc)));
        for (const each of events) {
          const editor = editors[each.who] ?? new HonestEditor();
          switch (each.kind) {
            case "edit":
              editor.do(each.deed);
              break;
            case "send":
              await send(editor);
              break;
            case "receive":
              await receive(editor);
              break;
            case "commit":
              await server.commit();
              break;
            case "return":
              // An editor that returns sends everything missing at once, and what was in flight arrives twice.
              await server.take(
                Y.encodeStateAsUpdate(editor.shared.doc, await server.content.vector()),
              );
          }
        }
        for (const editor of editors) {
          await send(editor);
          await server.commit();
        }
        await Promise.all(editors.map(receive));
        const { doc } = server.content;
        equal(shape.invalidItemsIn(doc).length, 0);
        for (const { shared } of editors) {
          deepEqual(contentOf(shared.doc), contentOf(doc));
        }
        verdicts.push(...server.verdicts);
      }),
      { numRuns: 300 },
    );
    const unclear = verdicts.filter((kind) => kind === "unclear").length;
    ok(!verdicts.includes("early"));
    ok(unclear < verdicts.length / 50, `${unclear} of ${verdicts.length} were tried on a copy`);
  });
});
