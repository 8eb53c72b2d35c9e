import { byId, setText } from "../../common/page/dom.ts";

/** A field of the form, with its error. */
export class Field {
  readonly #input: HTMLInputElement;
  readonly #error: HTMLElement;

  readonly #name: string;

  /** @param name the name of the field in error messages */
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

  /** Makes the field read-only while it is sent. */
  set isLocked(isLocked: boolean) {
    this.#input.readOnly = isLocked;
  }

  get isFaulty(): boolean {
    return this.#input.ariaInvalid === "true";
  }

  /** Shows what the value must be; the field already shows its name and value. */
  refuse(mustBe: string): void {
    const isEmpty = this.value.trim() === "";
    this.fail(isEmpty ? `Enter the ${this.#name}.` : `The ${this.#name} must be ${mustBe}.`);
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
