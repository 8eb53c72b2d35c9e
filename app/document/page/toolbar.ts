import type { Editor } from "@tiptap/core";
import { byId } from "../../common/page/dom.ts";
import type { SharedDocument } from "./sharedDocument.ts";

/** What a button of the toolbar does. */
interface Tool {
  run: () => void;
  /** True while what it does is done to the selection; none for what is done once. */
  isOn?: () => boolean;
  /** False while it can do nothing. */
  isUsable?: () => boolean;
}

export interface ToolbarWishes {
  onComment: () => void;
  onLink: () => void;
}

const MODIFIER = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘" : "Ctrl";

/** The buttons above the text: one stop for Tab, within which the arrow keys move. */
export class Toolbar {
  readonly #bar = byId("toolbar", HTMLElement);
  readonly #buttons = [...this.#bar.querySelectorAll("button")];
  readonly #editor: Editor;
  readonly #tools: Readonly<Record<string, Tool>>;

  constructor(editor: Editor, shared: SharedDocument, wishes: ToolbarWishes) {
    this.#editor = editor;
    this.#tools = toolsOf(editor, shared, wishes);
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
    // With the mouse the text keeps the focus, and with it the selection.
    button.addEventListener("mousedown", (event) => event.preventDefault());
    button.addEventListener("click", ({ detail }) => {
      const tool = this.#toolOf(button);
      if (button.ariaDisabled === "true" || tool === undefined) {
        return;
      }
      // By keyboard one stays here; a click counts from one on.
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

  /** Tab comes back to where it left. */
  #stopAt(target: EventTarget | null): void {
    this.#buttons.forEach((button) => (button.tabIndex = button === target ? 0 : -1));
  }

  #show(): void {
    for (const button of this.#buttons) {
      const tool = this.#toolOf(button);
      if (tool?.isOn !== undefined) {
        button.ariaPressed = String(tool.isOn());
      }
      // Not `disabled`: that would take the focus from who uses the keyboard.
      button.ariaDisabled = String(tool?.isUsable?.() === false);
    }
  }
}

function toolsOf(
  editor: Editor,
  { undoManager }: SharedDocument,
  { onComment, onLink }: ToolbarWishes,
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
