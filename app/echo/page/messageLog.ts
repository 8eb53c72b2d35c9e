import { byId, create, createWritten, setText } from "../../common/page/dom.ts";
import { replicaBadge } from "../../common/page/replica.ts";

const MAX_ENTRIES = 100;

/** Most characters of a message that are shown. */
const MAX_CHARACTERS = 400;

type EntryState = "waiting" | "echoed" | "refused" | "lost";

/** A line of the log: the replica, the message and its round-trip time. */
class Entry {
  readonly element = create("li");
  readonly text: string;
  readonly #replica = create("span", "from");
  readonly #text = createWritten("span", "text");
  readonly #result = create("span", "result");

  constructor(text: string) {
    this.text = text;
    this.element.append(this.#replica, this.#text, this.#result);
    this.show(text);
    this.finish("waiting", "waiting");
  }

  show(text: string): void {
    const shown = text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
    setText(this.#text, shown);
  }

  answeredBy(replica: string): void {
    this.#replica.replaceChildren(replicaBadge(replica));
  }

  finish(state: EntryState, result: string): void {
    this.element.dataset.state = state;
    setText(this.#result, result);
  }
}

/** The latest messages, newest first; consecutive pings share an entry. */
export class MessageLog {
  readonly #list = byId("log", HTMLOListElement);
  #waiting: Entry[] = [];
  #pings: { entry: Entry; replica: string; count: number } | undefined;

  /** Adds a message of the user, which waits for its echo. */
  sent(text: string): void {
    const entry = this.#add(text);
    this.#waiting.push(entry);
  }

  echoed(text: string, replica: string, milliseconds: number): void {
    const result = `${milliseconds} ms`;
    const entry = this.#take(text);
    if (entry === undefined) {
      this.#pinged(text, replica, result);
      return;
    }
    entry.answeredBy(replica);
    entry.finish("echoed", result);
  }

  refused(text: string): void {
    this.#take(text)?.finish("refused", "too big");
  }

  /** Marks all waiting messages as lost, as the client does when it is closed. */
  lost(): void {
    this.#waiting.forEach((entry) => entry.finish("lost", "lost"));
    this.#waiting = [];
  }

  #pinged(text: string, replica: string, result: string): void {
    const isNewest = this.#pings?.entry.element === this.#list.firstElementChild;
    if (this.#pings === undefined || !isNewest || this.#pings.replica !== replica) {
      const entry = this.#add(text);
      entry.element.classList.add("pings");
      entry.answeredBy(replica);
      this.#pings = { entry, replica, count: 0 };
    }
    this.#pings.count += 1;
    const { entry, count } = this.#pings;
    entry.show(count === 1 ? text : `${text} × ${count}`);
    entry.finish("echoed", result);
  }

  /** Removes and returns the oldest waiting message with this text. */
  #take(text: string): Entry | undefined {
    const index = this.#waiting.findIndex((entry) => entry.text === text);
    return index < 0 ? undefined : this.#waiting.splice(index, 1)[0];
  }

  #add(text: string): Entry {
    const entry = new Entry(text);
    this.#list.prepend(entry.element);
    while (this.#list.childElementCount > MAX_ENTRIES) {
      this.#list.lastElementChild?.remove();
    }
    return entry;
  }
}
