import { Extension } from "@tiptap/core";
import type { Plugin } from "@tiptap/pm/state";
import { yCursorPlugin } from "@tiptap/y-tiptap";
import type { Awareness } from "y-protocols/awareness";
import { createRelativePositionFromJSON } from "yjs";
import { create, createWritten, setText } from "../../common/page/dom.ts";
import { personIn, tintBy, type Person } from "./person.ts";

/** Shows the carets and selections of other people, with their names and colours. */
export const Carets = Extension.create<{ awareness: Awareness | undefined }>({
  name: "carets",
  addOptions: () => ({ awareness: undefined }),
  addProseMirrorPlugins() {
    const { awareness } = this.options;
    return awareness === undefined ? [] : [caretPlugin(awareness)];
  },
});

function caretPlugin(awareness: Awareness): Plugin {
  /** Carets by client. An element stays the same while its caret moves or its owner is renamed. */
  const carets = new Map<number, HTMLElement>();
  awareness.on("change", ({ updated, removed }: Record<"updated" | "removed", number[]>) => {
    removed.forEach((client) => carets.delete(client));
    for (const client of updated) {
      const person = personIn(awareness.states.get(client)?.user);
      const caret = carets.get(client);
      if (caret !== undefined && person !== undefined) {
        paint(caret, person);
      }
    }
    requestAnimationFrame(() => carets.forEach(turn));
  });
  const plugin: unknown = yCursorPlugin(awareness, {
    awarenessStateFilter: (own: number, client: number, state: unknown) =>
      client !== own && hasCaret(state),
    cursorBuilder: (user: unknown, client: number) => {
      const caret = create("span", "caret");
      // A screen reader would read a name between letters as part of the word.
      caret.ariaHidden = "true";
      caret.append(createWritten("span", "caret-name"));
      paint(caret, personIn(user));
      carets.set(client, caret);
      requestAnimationFrame(() => turn(caret));
      return caret;
    },
    selectionBuilder: (user: unknown) => ({
      class: "selected tinted",
      style: `--hue: ${personIn(user)?.hue ?? 0}`,
    }),
  });
  return plugin as Plugin;
}

function paint(caret: HTMLElement, person: Person = { name: "Somebody", hue: 0 }): void {
  tintBy(caret, person);
  if (caret.firstElementChild !== null) {
    setText(caret.firstElementChild, person.name);
  }
}

/** Puts the name on the side that has room for it. */
function turn(caret: HTMLElement): void {
  const room = (caret.offsetParent?.clientWidth ?? 0) - caret.offsetLeft;
  const name = caret.firstElementChild;
  caret.classList.toggle("turned", name !== null && name.clientWidth > room);
}

/** Whether a state has a valid caret: others may send anything, and a malformed caret must not break the editor. */
function hasCaret(state: unknown): boolean {
  if (typeof state !== "object" || state === null || !("cursor" in state) || !("user" in state)) {
    return false;
  }
  const { cursor, user } = state;
  if (typeof cursor !== "object" || cursor === null || personIn(user) === undefined) {
    return false;
  }
  const { anchor, head } = cursor as Partial<Record<string, unknown>>;
  return [anchor, head].every((position) => {
    try {
      createRelativePositionFromJSON(position);
      return true;
    } catch {
      return false;
    }
  });
}
