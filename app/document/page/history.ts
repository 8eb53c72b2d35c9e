import { ask } from "../../common/page/ask.ts";
import { byId, create, createWritten, setText } from "../../common/page/dom.ts";
import { isolated } from "../../common/page/words.ts";
import { announce } from "./announce.ts";
import { isVersion, isVersionList, post, refusalOf, type Version } from "./api.ts";
import { editorSchema } from "./textSchema.ts";
import { readVersion, renderVersion, type VersionState } from "./versionPreview.ts";
import { momentOf, pathOf, timeElement, titleOf } from "./words.ts";

/** The name of a version that was saved automatically. */
const AUTOMATIC = "Saved automatically";

const FIELD_NAMES: Readonly<Record<string, string>> = {
  author: "Author",
  status: "Status",
  due: "Due",
};

/** The versions of the document: shows, restores and saves them. */
export class History {
  readonly #dialog = byId("history", HTMLDialogElement);
  readonly #list = byId("versions", HTMLOListElement);
  readonly #note = byId("history-note", HTMLElement);
  readonly #name = byId("version-name", HTMLInputElement);
  readonly #saveButton = byId("keep-version", HTMLButtonElement);
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

  /** The version that was requested last; a response about another one is outdated. */
  #requested = "";

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
      void this.#saveVersion();
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
    const none = "No versions yet. Versions are saved automatically, and whenever you save one.";
    setText(this.#note, newestFirst.length === 0 ? none : "");
  }

  #entryOf(version: Version): HTMLLIElement {
    const button = create("button", "version");
    button.type = "button";
    button.dataset.version = version.id;
    button.ariaPressed = "false";
    const name = createWritten("span", "name", version.title ?? AUTOMATIC);
    name.classList.toggle("automatic", version.title === null);
    button.append(timeElement(version.createdAt), name);
    button.addEventListener("click", () => void this.#preview(version));
    const entry = create("li");
    entry.append(button);
    return entry;
  }

  async #preview(version: Version): Promise<void> {
    this.#requested = version.id;
    this.#shown = undefined;
    this.#view.hidden = true;
    setText(this.#note, "Loading the version…");
    const answer = await ask(`${this.#path}/${encodeURIComponent(version.id)}`);
    if (this.#requested !== version.id) {
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
    announce(`The version of ${momentOf(version.createdAt)} was restored. Undo reverts this.`);
  }

  async #saveVersion(): Promise<void> {
    if (this.#saveButton.ariaDisabled === "true") {
      return;
    }
    if (this.#hasUnsaved()) {
      setText(this.#note, "Some changes are not saved yet. Try again in a moment.");
      return;
    }
    // `disabled` would take the focus away from keyboard users.
    this.#saveButton.ariaDisabled = "true";
    const title = this.#name.value.trim();
    const answer = await post(this.#path, { title });
    this.#saveButton.ariaDisabled = "false";
    if (answer === undefined || !isVersion(answer.body)) {
      setText(this.#note, refusalOf(answer));
      return;
    }
    if (this.#name.value.trim() === title) {
      this.#name.value = "";
    }
    await this.#load();
    setText(this.#note, `This version is saved as “${isolated(title)}”.`);
  }
}
