import { byId, createWritten } from "../../common/page/dom.ts";
import type { Composition } from "./composition.ts";
import { textIn, type SharedDocument } from "./sharedDocument.ts";

/** The control that edits a field. */
type Control = HTMLInputElement | HTMLSelectElement;

/** The fields beside the text: author, status, due date. */
export class Fields {
  readonly #shared: SharedDocument;
  /** The control that is typed in. It ignores others' changes, which would lose letters; the last writer wins. */
  #typedIn: Control | undefined;
  readonly #controls: Readonly<Record<string, Control>> = {
    author: byId("author", HTMLInputElement),
    status: byId("status", HTMLSelectElement),
    due: byId("due", HTMLInputElement),
  };

  constructor(shared: SharedDocument, composition: Composition) {
    this.#shared = shared;
    for (const [name, control] of Object.entries(this.#controls)) {
      control.disabled = false;
      if (control.type === "text") {
        composition.watch(control, () => undefined);
        // Sends every keystroke, because text that is not sent yet would count as saved.
        control.addEventListener("input", () => {
          this.#typedIn = control;
          this.#changed(name, control);
        });
        control.addEventListener("blur", () => {
          this.#typedIn = undefined;
          this.#show(name, control);
        });
      } else {
        control.addEventListener("change", () => this.#changed(name, control));
      }
      this.#show(name, control);
    }
    shared.fields.observe(({ keysChanged }, { local }) => {
      Object.entries(this.#controls)
        .filter(([name, control]) => keysChanged.has(name) && (local || control !== this.#typedIn))
        .forEach(([name, control]) => this.#show(name, control));
    });
  }

  #changed(name: string, control: Control): void {
    const { fields } = this.#shared;
    if (control.value !== textIn(fields, name)) {
      this.#shared.edit(() => fields.set(name, control.value));
    }
  }

  #show(name: string, control: Control): void {
    const value = textIn(this.#shared.fields, name);
    // Another program may have set a value that this page does not offer.
    if (control instanceof HTMLSelectElement && !isOffered(control, value)) {
      const option = createWritten("option", "", value);
      option.value = value;
      control.append(option);
    }
    if (control.value !== value) {
      control.value = value;
    }
  }
}

function isOffered({ options }: HTMLSelectElement, value: string): boolean {
  return [...options].some((option) => option.value === value);
}
