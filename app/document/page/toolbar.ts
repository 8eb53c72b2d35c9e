import type { Editor } from "@tiptap/core";
import { byId } from "../../common/page/dom.ts";
import type { SharedDocument } from "./sharedDocument.ts";

/** What a button of the toolbar does. */
interface Tool {
  run: () => void;
  /** True while the selection has the format; omitted for actions that are not formats. */
  isOn?: () => boolean;
  /** False while the tool cannot be used. */
  isUsable?: () => boolean;
}

export interface ToolbarHandlers {
  onComment: () => void;
  onLink: () => void;
}

const MODIFIER = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘" : "Ctrl";

/** The buttons above the text: a single tab stop, within which the arrow keys move the focus. */
export class Toolbar {
  readonly #bar = byId("toolbar", HTMLElement);
  readonly #buttons = [...this.#bar.querySelectorAll("button")];
  readonly #editor: Editor;
  readonly #tools: Readonly<Record<string, Tool>>;

  constructor(editor: Editor, shared: SharedDocument, handlers: ToolbarHandlers) {
    this.#editor = editor;
    this.#tools = toolsOf(editor, shared, handlers);
    this.#buttons.forEach((button) => this.#equip(button));
    this.#bar.addEventListener("keydown", (event) => this.#pressed(event));
    this.#bar.addEventListener("focusin", ({ target }) => this.#stopAt(target));
    editor.on("transaction", () => this.#show());
    for (const change of ["stack-item-added", "stack-item-popped", "stack-cleared"] as const) {
      shared.undoManager.on(change, () => this.#show());
    }
    this.#stopAt(this.#buttons[0] ?? null);
    this.#show();
  }

  focus(): void {
    this.#buttons.find(({ tabIndex }) => tabIndex === 0)?.focus();
  }

  #equip(button: HTMLButtonElement): void {
    const { keys } = button.dataset;
    const label = button.ariaLabel ?? "";
    button.title = keys === undefined ? label : `${label} (${MODIFIER}+${keys})`;
    button.disabled = false;
    // A mouse click leaves the focus, and so the selection, in the text.
    button.addEventListener("mousedown", (event) => event.preventDefault());
    button.addEventListener("click", ({ detail }) => {
      const tool = this.#toolOf(button);
      if (button.ariaDisabled === "true" || tool === undefined) {
        return;
      }
      // The keyboard, whose clicks have a count of 0, leaves the focus in the toolbar.
      if (detail > 0) {
        this.#editor.view.focus();
      }
      tool.run();
      this.#show();
    });
  }

  #toolOf({ dataset }: HTMLButtonElement): Tool | undefined {
    return this.#tools[dataset.tool ?? ""];
  }

  #pressed(event: KeyboardEvent): void {
    const at = this.#buttons.findIndex((button) => button === document.activeElement);
    const last = this.#buttons.length - 1;
    const places: Partial<Record<string, number>> = {
      ArrowRight: at === last ? 0 : at + 1,
      ArrowLeft: at === 0 ? last : at - 1,
      Home: 0,
      End: last,
    };
    const place = places[event.key];
    if (event.key === "Escape") {
      this.#editor.view.focus();
    } else if (place !== undefined) {
      event.preventDefault();
      this.#buttons[place]?.focus();
    }
  }

  /** Makes a button the tab stop, so Tab returns to the last one used. */
  #stopAt(target: EventTarget | null): void {
    this.#buttons.forEach((button) => (button.tabIndex = button === target ? 0 : -1));
  }

  #show(): void {
    for (const button of this.#buttons) {
      const tool = this.#toolOf(button);
      if (tool?.isOn !== undefined) {
        button.ariaPressed = String(tool.isOn());
      }
      // `disabled` would take the focus away from keyboard users.
      button.ariaDisabled = String(tool?.isUsable?.() === false);
    }
  }
}

function toolsOf(
  editor: Editor,
  { undoManager }: SharedDocument,
  { onComment, onLink }: ToolbarHandlers,
): Record<string, Tool> {
  const heading = (level: 1 | 2 | 3): Tool => ({
    run: () => editor.commands.toggleHeading({ level }),
    isOn: () => editor.isActive("heading", { level }),
  });
  const toggle = (name: string, run: () => boolean): Tool => ({
    run,
    isOn: () => editor.isActive(name),
  });
  return {
    undo: {
      run: () => undoManager.undo(),
      isUsable: () => undoManager.canUndo(),
    },
    redo: {
      run: () => undoManager.redo(),
      isUsable: () => undoManager.canRedo(),
    },
    "heading-1": heading(1),
    "heading-2": heading(2),
    "heading-3": heading(3),
    bold: toggle("bold", () => editor.commands.toggleBold()),
    italic: toggle("italic", () => editor.commands.toggleItalic()),
    code: toggle("code", () => editor.commands.toggleCode()),
    "bullet-list": toggle("bulletList", () => editor.commands.toggleBulletList()),
    "ordered-list": toggle("orderedList", () => editor.commands.toggleOrderedList()),
    quote: toggle("blockquote", () => editor.commands.toggleBlockquote()),
    "code-block": toggle("codeBlock", () => editor.commands.toggleCodeBlock()),
    link: {
      run: onLink,
      isOn: () => editor.isActive("link"),
      isUsable: () => !editor.isActive("codeBlock"),
    },
    comment: { run: onComment },
  };
}
