import type { Editor } from "@tiptap/core";
import { byId, setText } from "../../common/page/dom.ts";
import { announce } from "./announce.ts";
import { linkOf } from "./links.ts";

/** Sets the address of a link. */
export class LinkDialog {
  readonly #dialog = byId("link", HTMLDialogElement);
  readonly #form = byId("link-form", HTMLFormElement);
  readonly #address = byId("link-address", HTMLInputElement);
  readonly #error = byId("link-error", HTMLElement);
  readonly #open = byId("link-open", HTMLAnchorElement);
  readonly #remove = byId("link-remove", HTMLButtonElement);
  readonly #editor: Editor;

  constructor(editor: Editor) {
    this.#editor = editor;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#set();
    });
    this.#address.addEventListener("input", () => this.#showError(""));
    this.#remove.addEventListener("click", () => {
      this.#dialog.close();
      editor.chain().focus().extendMarkRange("link").unsetLink().run();
    });
    byId("link-cancel", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("close", () => editor.view.focus());
  }

  show(): void {
    if (this.#editor.isActive("codeBlock")) {
      announce("Code cannot contain links.");
      return;
    }
    const href = String(this.#editor.getAttributes("link").href ?? "");
    const link = linkOf(href);
    this.#address.value = href;
    this.#open.hidden = link === undefined;
    this.#open.href = link ?? "";
    this.#remove.hidden = !this.#editor.isActive("link");
    this.#showError("");
    this.#dialog.showModal();
    this.#address.select();
  }

  #set(): void {
    const href = linkOf(this.#address.value);
    if (href === undefined) {
      this.#showError("Enter an address that begins with https://, http:// or mailto:.");
      this.#address.focus();
      return;
    }
    this.#dialog.close();
    const chain = this.#editor.chain().focus().extendMarkRange("link");
    const { empty } = this.#editor.state.selection;
    if (empty && !this.#editor.isActive("link")) {
      // Without a selection, the address becomes the text of the link.
      const marks = [{ type: "link", attrs: { href } }];
      chain.insertContent({ type: "text", text: this.#address.value.trim(), marks }).run();
    } else {
      chain.setLink({ href }).run();
    }
  }

  #showError(words: string): void {
    this.#address.ariaInvalid = String(words !== "");
    setText(this.#error, words);
  }
}
