import { Map as YMap } from "yjs";
import { textIn } from "./sharedDocument.ts";

/** Most characters of a comment. */
export const MAX_COMMENT = 2000;

export interface Comment {
  id: string;
  author: string;
  text: string;
  createdAt: string;
  isResolved: boolean;
}

/** The comments on a document. */
export class Comments {
  readonly #map: YMap<unknown>;

  constructor(map: YMap<unknown>) {
    this.#map = map;
  }

  /** All comments, oldest first. */
  get all(): Comment[] {
    const comments = [...this.#map.keys()].map((id) => this.find(id));
    return comments
      .filter((comment) => comment !== undefined)
      .sort((one, other) => one.createdAt.localeCompare(other.createdAt));
  }

  find(id: string): Comment | undefined {
    const entry = this.#map.get(id);
    return entry instanceof YMap ? commentOf(id, entry as YMap<unknown>) : undefined;
  }

  /** True if the comment exists and is not resolved. */
  isOpen(id: string): boolean {
    return this.find(id)?.isResolved === false;
  }

  add(id: string, author: string, text: string): void {
    const createdAt = new Date().toISOString();
    this.#map.set(id, new YMap(Object.entries({ author, text, createdAt, resolved: false })));
  }

  setResolved(id: string, isResolved: boolean): void {
    const entry = this.#map.get(id);
    if (entry instanceof YMap) {
      entry.set("resolved", isResolved);
    }
  }

  /** @param onChange receives whether somebody else made the change */
  observe(onChange: (isRemote: boolean) => void): void {
    this.#map.observeDeep((_events, { local }) => onChange(!local));
  }
}

function commentOf(id: string, entry: YMap<unknown>): Comment {
  return {
    id,
    author: textIn(entry, "author"),
    text: textIn(entry, "text").slice(0, MAX_COMMENT),
    createdAt: textIn(entry, "createdAt"),
    isResolved: entry.get("resolved") === true,
  };
}
