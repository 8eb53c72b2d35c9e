import { byId, setText } from "../../common/page/dom.ts";

/** Milliseconds without a change before a choice applies, because people change several boxes in a row. */
const SETTLE_MS = 400;

/** The transports that SockJS may use: those checked or, while none is, those checked last. */
export class TransportChoice {
  readonly #boxes = [...document.querySelectorAll<HTMLInputElement>('input[name="transport"]')];
  readonly #all = byId("all-transports", HTMLButtonElement);
  readonly #hint = byId("transports-hint", HTMLElement);
  readonly #onChange: () => void;
  readonly #onSettled: () => void;
  #allowed: readonly string[] = [];
  #settling: ReturnType<typeof setTimeout> | undefined;

  /** Calls `onChange` with every change, and `onSettled` once after several. */
  constructor(onChange: () => void, onSettled: () => void) {
    this.#onChange = onChange;
    this.#onSettled = onSettled;
    this.#boxes.forEach((box) => box.addEventListener("change", () => this.#changed()));
    this.#all.addEventListener("click", () => {
      const isChecked = !this.#isAll();
      this.#boxes.forEach((box) => (box.checked = isChecked));
      this.#changed();
    });
    this.#read();
  }

  get isEmpty(): boolean {
    return this.#boxes.every(({ checked }) => !checked);
  }

  /** In the order in which SockJS tries them. */
  get allowed(): readonly string[] {
    return this.#allowed;
  }

  /** True if `transport`, picked from `before`, would not be picked any more. */
  isOutdated(transport: string, before: readonly string[]): boolean {
    const rank = this.#allowed.indexOf(transport.replace(/^iframe-/, ""));
    return rank < 0 || this.#allowed.slice(0, rank).some((better) => !before.includes(better));
  }

  focus(): void {
    this.#boxes[0]?.focus();
  }

  #isAll(): boolean {
    return this.#boxes.every(({ checked }) => checked);
  }

  #changed(): void {
    this.#read();
    this.#onChange();
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#onSettled(), SETTLE_MS);
  }

  #read(): void {
    if (!this.isEmpty) {
      this.#allowed = this.#boxes.filter(({ checked }) => checked).map(({ value }) => value);
    }
    setText(this.#all, this.#isAll() ? "Clear all" : "Choose all");
    const hint = this.isEmpty
      ? "Choose at least one transport. An open session continues until then."
      : "SockJS uses the first one that works. A change applies at once, and no message is lost.";
    this.#hint.classList.toggle("warning", this.isEmpty);
    setText(this.#hint, hint);
  }
}
