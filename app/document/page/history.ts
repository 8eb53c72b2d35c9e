import { ask } from "../../common/page/ask.ts";
import { byId, create, createWritten, setText } from "../../common/page/dom.ts";
import { isolated } from "../../common/page/words.ts";
import { announce } from "./announce.ts";
import { isVersion, isVersionList, post, refusalOf, type Version } from "./api.ts";
import { editorSchema } from "./textSchema.ts";
import { readVersion, renderVersion, type VersionState } from "./versionPreview.ts";
import { momentOf, pathOf, timeElement, titleOf } from "./words.ts";

/** What a version is called that was kept without anybody's asking. */
const KEPT_BY_ITSELF = "Kept automatically";

const FIELD_NAMES: Readonly<Record<string, string>> = {
  author: "Author",
  status: "Status",
  due: "Due",
};

/** The states of the document that are kept: looks at one, restores one, keeps one more. */
export class History {
  readonly #dialog = byId("history", HTMLDialogElement);
  readonly #list = byId("versions", HTMLOListElement);
  readonly #note = byId("history-note", HTMLElement);
  readonly #name = byId("version-name", HTMLInputElement);
  readonly #keep = byId("keep-version", HTMLButtonElement);
  readonly #view = byId("version", HTMLElement);
  readonly #viewTitle = byId("version-title", HTMLElement);
  readonly #viewFields = byId("version-fields", HTMLElement);
  readonly #viewText = byId("version-text", HTMLElement);
  readonly #restore = byId("restore", HTMLButtonElement);
  readonly #path: string;
  readonly #schema = editorSchema();
  readonly #onRestore: (state: VersionState) => void;
  readonly #hasUnsaved: () => boolean;
  #shown: { version: Version; state: VersionState } | undefined;

  /** The last version that was asked for; an answer about another comes too late. */
  #wanted = "";

  constructor(id: string, hasUnsaved: () => boolean, onRestore: (state: VersionState) => void) {
    this.#path = `${pathOf(id)}/versions`;
    this.#hasUnsaved = hasUnsaved;
    this.#onRestore = onRestore;
    const open = byId("show-history", HTMLButtonElement);
    open.disabled = false;
    open.addEventListener("click", () => this.#open());
    byId("close-history", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    byId("new-version", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#keepVersion();
    });
    this.#restore.addEventListener("click", () => this.#restoreShown());
  }

  #open(): void {
    this.#view.hidden = true;
    this.#list.replaceChildren();
    this.#dialog.showModal();
    void this.#load();
  }

  async #load(): Promise<void> {
    setText(this.#note, "Loading…");
    const answer = await ask(this.#path);
    if (answer === undefined || !isVersionList(answer.body)) {
      setText(this.#note, refusalOf(answer));
      return;
    }
    const newestFirst = [...answer.body.versions].sort((one, other) =>
      other.createdAt.localeCompare(one.createdAt),
    );
    this.#list.replaceChildren(...newestFirst.map((version) => this.#entryOf(version)));
    const none =
      "No version is kept yet. One is kept by itself now and then, and when you ask for it.";
    setText(this.#note, newestFirst.length === 0 ? none : "");
  }

  #entryOf(version: Version): HTMLLIElement {
    const button = create("button", "version");
    button.type = "button";
    button.dataset.version = version.id;
    button.ariaPressed = "false";
    const name = createWritten("span", "name", version.title ?? KEPT_BY_ITSELF);
    name.classList.toggle("automatic", version.title === null);
    button.append(timeElement(version.createdAt), name);
    button.addEventListener("click", () => void this.#preview(version));
    const entry = create("li");
    entry.append(button);
    return entry;
  }

  async #preview(version: Version): Promise<void> {
    this.#wanted = version.id;
    this.#shown = undefined;
    this.#view.hidden = true;
    setText(this.#note, "Loading the version…");
    const answer = await ask(`${this.#path}/${encodeURIComponent(version.id)}`);
    if (this.#wanted !== version.id) {
      return;
    }
    const state = answer?.status === 200 ? readVersion(answer.body, this.#schema) : undefined;
    if (state === undefined) {
      const words = answer?.status === 200 ? "This version cannot be shown." : refusalOf(answer);
      setText(this.#note, words);
      return;
    }
    this.#shown = { version, state };
    this.#show(version, state);
  }

  #show({ id, createdAt }: Version, state: VersionState): void {
    for (const button of this.#list.querySelectorAll("button")) {
      button.ariaPressed = String(button.dataset.version === id);
    }
    setText(this.#viewTitle, titleOf(state.title));
    const fields = Object.entries(FIELD_NAMES)
      .map(([name, label]) => [label, state.fields.get(name) ?? ""] as const)
      .filter(([, value]) => value !== "")
      .flatMap(([label, value]) => [" · ", `${label}: `, createWritten("span", "", value)]);
    this.#viewFields.replaceChildren(...fields.slice(1));
    this.#viewText.replaceChildren(renderVersion(state));
    this.#viewText.scrollTop = 0;
    this.#view.hidden = false;
    setText(this.#note, `Version of ${momentOf(createdAt)}.`);
  }

  #restoreShown(): void {
    if (this.#shown === undefined) {
      return;
    }
    const { version, state } = this.#shown;
    this.#dialog.close();
    this.#onRestore(state);
    announce(`The version of ${momentOf(version.createdAt)} is restored. Undo takes it back.`);
  }

  async #keepVersion(): Promise<void> {
    if (this.#keep.ariaDisabled === "true") {
      return;
    }
    if (this.#hasUnsaved()) {
      setText(this.#note, "Some changes are not saved yet. Try again in a moment.");
      return;
    }
    // Not `disabled`: that would take the focus from who uses the keyboard.
    this.#keep.ariaDisabled = "true";
    const title = this.#name.value.trim();
    const answer = await post(this.#path, { title });
    this.#keep.ariaDisabled = "false";
    if (answer === undefined || !isVersion(answer.body)) {
      setText(this.#note, refusalOf(answer));
      return;
    }
    if (this.#name.value.trim() === title) {
      this.#name.value = "";
    }
    await this.#load();
    setText(this.#note, `This version is kept as “${isolated(title)}”.`);
  }
}
