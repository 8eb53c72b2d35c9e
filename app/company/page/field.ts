import { byId, setText } from "../../common/page/dom.ts";

/** A field of the form, with what is wrong about it. */
export class Field {
  readonly #input: HTMLInputElement;
  readonly #error: HTMLElement;

  readonly #name: string;

  /** @param name what people call it */
  constructor(id: string, name: string) {
    this.#name = name;
    this.#input = byId(id, HTMLInputElement);
    this.#error = byId(`${id}-error`, HTMLElement);
    this.#input.addEventListener("input", () => this.clear());
  }

  get value(): string {
    return this.#input.value;
  }

  set value(value: string) {
    this.#input.value = value;
  }

  /** What is sent must not change meanwhile. */
  set isLocked(isLocked: boolean) {
    this.#input.readOnly = isLocked;
  }

  get isFaulty(): boolean {
    return this.#input.ariaInvalid === "true";
  }

  /** Says what the registry says, but for what one sees: which field it is, and what is in it. */
  refuse(detail: string): void {
    const rule = detail.replace(/^\w+ is .*: (?=allowed is )/s, "");
    const words = rule.charAt(0).toUpperCase() + rule.slice(1);
    this.fail(this.value.trim() === "" ? `Enter the ${this.#name}.` : words);
  }

  fail(words: string): void {
    this.#input.ariaInvalid = "true";
    setText(this.#error, words);
  }

  clear(): void {
    this.#input.ariaInvalid = "false";
    setText(this.#error, "");
  }

  focus(): void {
    this.#input.focus();
  }
}
