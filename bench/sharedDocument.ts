import * as Y from "yjs";
import type { Editor } from "../tests/drivers/documentEditor.ts";
import type { DocumentVisitor } from "../tests/drivers/documentVisitor.ts";
import { openAll, replicaOf } from "../tests/drivers/localDocument.ts";
import { waitFor } from "../tests/drivers/waitFor.ts";

/** Seconds until a keystroke must be on all screens, or counts as lost. */
const LOST_SECONDS = 20;

/** A keystroke on one other screen. */
export interface Sight {
  /** Milliseconds from the keystroke to that screen. */
  ms: number;
  /** Whether both people are on one replica. */
  isTogether: boolean;
}

/** A document and the people who type in it. */
export class SharedDocument {
  readonly people: readonly Person[];
  #keystrokes = 0;
  #sights: Sight[] = [];

  private constructor(people: readonly Person[]) {
    this.people = people;
    people.forEach((viewer) => this.#watch(viewer));
  }

  /** Creates a document and opens it for each visitor. */
  static async open(visitors: readonly DocumentVisitor[]): Promise<SharedDocument> {
    const id = (await visitors[0]?.create()) ?? "";
    const editors = await openAll(visitors, id);
    const shared = new SharedDocument(editors.map((editor) => new Person(editor)));
    shared.people.forEach((person) => person.begin());
    await Promise.all(editors.map((editor) => editor.saved()));
    return shared;
  }

  /** The number of people on each replica. */
  get perReplica(): Map<string, number> {
    const groups = Map.groupBy(this.people, ({ replica }) => replica);
    return new Map([...groups].map(([replica, { length }]) => [replica, length]));
  }

  /** Lets the next person press a key. */
  type(): void {
    this.people[this.#keystrokes % this.people.length]?.press();
    this.#keystrokes += 1;
  }

  /**
   * Waits until everyone has seen what was typed since the last call, and returns it.
   *
   * @throws Error when a keystroke is lost
   */
  async finish(): Promise<{ keystrokes: number; sights: readonly Sight[] }> {
    const keystrokes = this.#keystrokes;
    const all = keystrokes * (this.people.length - 1);
    await waitFor("all have seen all", () => this.#sights.length >= all, LOST_SECONDS);
    const sights = this.#sights;
    this.#keystrokes = 0;
    this.#sights = [];
    return { keystrokes, sights };
  }

  #watch(viewer: Person): void {
    const { doc } = viewer.editor;
    const others = this.people.filter((person) => person !== viewer);
    const seen = new Map(others.map(({ clientId }) => [clientId, 0]));
    doc.on("update", () => {
      const now = performance.now();
      for (const { clientId, presses, replica } of others) {
        const clock = Y.getState(doc.store, clientId);
        // One update may bring several keystrokes.
        for (let each = seen.get(clientId) ?? 0; each < clock; each++) {
          const pressed = presses.get(each);
          if (pressed !== undefined) {
            const isTogether = replica === viewer.replica;
            this.#sights.push({ ms: now - pressed, isTogether });
          }
        }
        seen.set(clientId, clock);
      }
    });
  }
}

/** A person who types in a paragraph of their own. */
class Person {
  readonly editor: Editor;
  readonly replica: string;
  /** Times of keystrokes, by the Yjs clock of what they write. */
  readonly presses = new Map<number, number>();
  readonly #text = new Y.XmlText();

  constructor(editor: Editor) {
    this.editor = editor;
    this.replica = replicaOf(editor);
  }

  get clientId(): number {
    return this.editor.doc.clientID;
  }

  begin(): void {
    const paragraph = new Y.XmlElement("paragraph");
    paragraph.insert(0, [this.#text]);
    this.editor.doc.getXmlFragment("body").push([paragraph]);
    this.editor.introduce(`Person ${this.clientId}`);
  }

  /** Writes a letter and sends the position of the caret, as the page does. */
  press(): void {
    const { doc, provider } = this.editor;
    this.presses.set(Y.getState(doc.store, this.clientId), performance.now());
    this.#text.insert(this.#text.length, "x");
    const caret = Y.createRelativePositionFromTypeIndex(this.#text, this.#text.length);
    provider.setAwarenessField("cursor", { anchor: caret, head: caret });
  }
}
