import { setTimeout as sleep } from "node:timers/promises";
import { HocuspocusProvider, HocuspocusProviderWebsocket } from "@hocuspocus/provider";
import { WebSocket } from "ws";
import * as Y from "yjs";
import { waitFor } from "./waitFor.ts";

/** Maximum number of unsaved paragraphs of an editor that keeps writing. */
const MAX_UNSAVED = 20;

const running = new Set<Editor>();

/** The paragraphs of a document, each as its text, in their order. */
export function paragraphsOf(doc: Y.Doc): string[] {
  return doc
    .getXmlFragment("body")
    .toArray()
    .map((element) => (element instanceof Y.XmlElement ? textOf(element) : ""));
}

/** All that people see of a document. */
export function contentOf(doc: Y.Doc): unknown {
  return {
    title: doc.getText("title").toJSON(),
    // Their order is that in which they came.
    fields: Object.entries(doc.getMap("fields").toJSON()).toSorted(([one], [other]) =>
      one < other ? -1 : 1,
    ),
    body: doc.getXmlFragment("body").toJSON(),
  };
}

function textOf(element: Y.XmlElement): string {
  return element
    .toArray()
    .map((text) => (text instanceof Y.XmlText ? text.toJSON() : ""))
    .join("");
}

/** Sends nothing later, as the page's own: a new connection begins with all that the server lacks. */
class Socket extends HocuspocusProviderWebsocket {
  override send(message: unknown): void {
    if (this.webSocket?.readyState === WebSocket.OPEN) {
      super.send(message);
    }
  }
}

/** A person who edits a document, by the provider that the page has. */
export class Editor {
  readonly doc = new Y.Doc();
  readonly provider: HocuspocusProvider;
  readonly socket: Socket;
  /** Statuses with which connections were closed. */
  readonly closed: { code: number; reason: string }[] = [];
  readonly stateless: string[] = [];
  /** Paragraphs that were written here, and those of them that were shown as saved. */
  readonly written: string[] = [];
  #acknowledged = 0;

  /**
   * @param originOf the server of the next connection
   * @param connect makes it as this one's browser does
   */
  constructor(
    id: string,
    originOf: () => string,
    connect = (url: string): WebSocket => new WebSocket(url),
  ) {
    running.add(this);
    const url = (): string => `${originOf().replace("http", "ws")}/documents/${id}`;
    this.socket = new Socket({
      url: url(),
      delay: 50,
      minDelay: 20,
      maxDelay: 300,
      WebSocketPolyfill: function () {
        // A socket that is closed before it was open emits an error; the provider gets the close event anyway.
        return connect(url()).on("error", () => undefined);
      },
      onClose: ({ event: { code, reason } }) => {
        this.closed.push({ code, reason });
        this.#forgetOthers();
      },
    });
    this.provider = new HocuspocusProvider({
      name: id,
      document: this.doc,
      websocketProvider: this.socket,
      onStateless: ({ payload }) => this.stateless.push(payload),
      onUnsyncedChanges: ({ number }) => {
        if (number === 0) {
          this.#acknowledged = this.written.length;
        }
      },
    });
    this.provider.attach();
  }

  get acknowledged(): string[] {
    return this.written.slice(0, this.#acknowledged);
  }

  get paragraphs(): string[] {
    return paragraphsOf(this.doc);
  }

  get content(): unknown {
    return contentOf(this.doc);
  }

  /** Whether all that was written here is shown as saved. */
  get isSaved(): boolean {
    return this.provider.synced && !this.provider.hasUnsyncedChanges;
  }

  /** Names of the people that this editor sees, including its own. */
  get people(): string[] {
    const states = [...(this.provider.awareness?.getStates().values() ?? [])];
    return states
      .map((state) => (state.user as { name?: string } | undefined)?.name ?? "")
      .filter((name) => name !== "")
      .sort();
  }

  /** Writes a paragraph. */
  write(text: string, index = 0): void {
    this.written.push(text);
    const paragraph = new Y.XmlElement("paragraph");
    paragraph.insert(0, [new Y.XmlText(text)]);
    this.doc.getXmlFragment("body").insert(index, [paragraph]);
  }

  /** Tells the others who this is. */
  introduce(name: string): void {
    this.provider.setAwarenessField("user", { name, hue: 120 });
  }

  async saved(): Promise<void> {
    await waitFor("all is saved", () => this.isSaved);
  }

  /** Is offline until `connect`. */
  async disconnect(): Promise<void> {
    const before = this.closed.length;
    this.socket.disconnect();
    await waitFor("it is offline", () => this.closed.length > before);
  }

  connect(): void {
    void this.socket.connect();
  }

  /** Who does not move meanwhile is told of by the same clock again, which would be ignored. */
  #forgetOthers(): void {
    const meta = this.provider.awareness?.meta;
    meta?.forEach((_each, clientId) => clientId !== this.doc.clientID && meta.delete(clientId));
  }

  close(): void {
    this.provider.destroy();
    this.socket.destroy();
    running.delete(this);
  }
}

/** Opens a document and waits until it is there. */
export async function openDocument(id: string, origin: string): Promise<Editor> {
  const editor = new Editor(id, () => origin);
  await editor.saved();
  return editor;
}

/** Closes what a test has opened. */
export function closeEditors(): void {
  [...running].forEach((editor) => editor.close());
}

/** Waits until all see the same. */
export async function converge(editors: readonly Editor[]): Promise<void> {
  const states = (): Set<string> => new Set(editors.map(({ content }) => JSON.stringify(content)));
  await waitFor(
    "all see the same",
    () => editors.every(({ isSaved }) => isSaved) && states().size === 1,
  );
}

/**
 * Lets editors write, each for itself, until the answer is called. While much of one's own is not saved, it waits, as
 * people do: otherwise a slow computer would get further behind all the time.
 */
export function keepWriting(editors: readonly Editor[]): () => Promise<void> {
  let isOver = false;
  const goesOn = (): boolean => !isOver;
  const write = async (editor: Editor, name: number): Promise<void> => {
    for (let next = 0; goesOn(); next++) {
      while (goesOn() && editor.written.length - editor.acknowledged.length >= MAX_UNSAVED) {
        await sleep(20);
      }
      editor.write(`${name}.${next}`, Math.floor(Math.random() * editor.paragraphs.length));
      editor.doc.getText("title").insert(0, "x");
      // Now and then they pause for a thought, and all is shown as saved.
      await sleep(next % 5 === 4 ? 200 : 5 + Math.random() * 30);
    }
  };
  const writing = editors.map(write);
  return async () => {
    isOver = true;
    await Promise.all(writing);
  };
}
