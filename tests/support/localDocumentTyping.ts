import { deepEqual, ok } from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import * as Y from "yjs";
import { converge, type Editor } from "../drivers/documentEditor.ts";
import { isSaved, press, TEXT, written } from "../drivers/documentPage.ts";
import { waitFor } from "../drivers/waitFor.ts";

/** How the paragraph begins into which all type, wherever they like. */
const SHARED = "Together: ";

/** Keys after which a typist begins the next paragraph. */
const LINE_KEYS = 24;

/** What somebody types until it is enough. */
export interface Writer {
  /** One key, or one word; resolves when it is time for the next. */
  type(): Promise<void>;
  /** Paragraphs that only this one has typed into, as they were typed. */
  readonly lines: readonly string[];
  /** Letters that this one has typed into the paragraph of all. */
  readonly shared: string;
  /** Resolves when it shows that all is saved. */
  saved(): Promise<void>;
}

/** Makes the paragraph into which all type; resolves when all these have it. */
export async function begin(editors: readonly Editor[]): Promise<void> {
  const paragraph = new Y.XmlElement("paragraph");
  paragraph.insert(0, [new Y.XmlText(SHARED)]);
  editors[0]?.doc.getXmlFragment("body").insert(0, [paragraph]);
  await converge(editors);
}

/** Someone whose every key is an update by itself. */
export class Typist implements Writer {
  readonly editor: Editor;
  readonly lines: string[] = [];
  shared = "";
  readonly #letter: string;
  #line = new Y.XmlText();
  #keys = 0;

  /** @param letter what this one types, and nobody else, into the paragraph of all */
  constructor(editor: Editor, letter: string) {
    this.editor = editor;
    this.#letter = letter;
  }

  async type(): Promise<void> {
    this.#keys += 1;
    if (this.#keys % 5 === 0) {
      this.#typeTogether();
    } else if (this.#keys % LINE_KEYS === 1) {
      this.#beginLine();
    } else {
      const digit = String(this.#keys % 10);
      this.#line.insert(this.#line.length, digit);
      this.lines.push(`${this.lines.pop() ?? ""}${digit}`);
    }
    // Now and then one pauses for a thought, and all is shown as saved.
    await sleep(this.#keys % 12 === 0 ? 600 : 100 + Math.random() * 200);
  }

  saved(): Promise<void> {
    return this.editor.saved();
  }

  /** Resolves in the moment in which all is shown as saved. */
  async confirmed(): Promise<void> {
    const { provider } = this.editor;
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (this.editor.isSaved) {
          provider.off("unsyncedChanges", check);
          resolve();
        }
      };
      provider.on("unsyncedChanges", check);
      check();
    });
  }

  #typeTogether(): void {
    const together = this.editor.doc.getXmlFragment("body").get(0);
    const text = together instanceof Y.XmlElement ? together.get(0) : undefined;
    ok(text instanceof Y.XmlText);
    const room = text.length - SHARED.length;
    text.insert(SHARED.length + Math.floor(Math.random() * (room + 1)), this.#letter);
    this.shared += this.#letter;
  }

  #beginLine(): void {
    const body = this.editor.doc.getXmlFragment("body");
    const head = `${this.#letter}${this.lines.length}: `;
    this.#line = new Y.XmlText(head);
    const paragraph = new Y.XmlElement("paragraph");
    paragraph.insert(0, [this.#line]);
    body.insert(1 + Math.floor(Math.random() * body.length), [paragraph]);
    this.lines.push(head);
  }
}

/** Someone at each editor, with letters that follow each other in the alphabet. */
export function typistsAt(editors: readonly Editor[], first = "a"): Typist[] {
  const code = first.charCodeAt(0);
  return editors.map((editor, index) => new Typist(editor, String.fromCharCode(code + index)));
}

/** Someone who types into the page in a browser's window, by its keyboard. */
export class Window implements Writer {
  readonly page: Page;
  readonly shared = "";
  #line: string;
  #words = 0;

  private constructor(page: Page, name: string) {
    this.page = page;
    this.#line = `${name}:`;
  }

  /** Begins a paragraph at the end of the text. */
  static async at(page: Page, name: string): Promise<Window> {
    await page.focus(TEXT);
    await press(page, "Control+End", "Enter");
    await page.keyboard.type(`${name}:`);
    await isSaved(page);
    return new Window(page, name);
  }

  get lines(): string[] {
    return [this.#line];
  }

  async type(): Promise<void> {
    const word = ` word${this.#words++}`;
    this.#line += word;
    await this.page.keyboard.type(word, { delay: 40 });
    await sleep(this.#words % 4 === 0 ? 400 : 0);
  }

  saved(): Promise<void> {
    return isSaved(this.page);
  }
}

/** Lets people type, each for itself, until the answer is called. */
export function keepTyping(writers: readonly Writer[]): () => Promise<void> {
  let isOver = false;
  const goesOn = (): boolean => !isOver;
  const typing = writers.map(async (writer) => {
    while (goesOn()) {
      await writer.type();
    }
  });
  return async () => {
    isOver = true;
    await Promise.all(typing);
  };
}

/** Fails unless a document has every key that was pressed, each once and each in its place. */
export function assertTyped(editor: Editor | undefined, writers: readonly Writer[]): void {
  const [together = "", ...lines] = editor?.paragraphs ?? [];
  deepEqual(lines.toSorted(), writers.flatMap((writer) => writer.lines).toSorted());
  const shared = writers.map((writer) => writer.shared).join("");
  ok(together.startsWith(SHARED));
  deepEqual(lettersOf(together.slice(SHARED.length)), lettersOf(shared));
}

function lettersOf(text: string): string[] {
  return text.split("").sort();
}

/** Waits until a window shows what an editor has. */
export function showsAll({ page }: Window, editor: Editor | undefined): Promise<void> {
  return waitFor(
    "the window shows all",
    async () => (await written(page)) === editor?.paragraphs.join("\n"),
  );
}
