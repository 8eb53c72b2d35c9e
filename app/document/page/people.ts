import type { Awareness } from "y-protocols/awareness";
import { byId, create, createWritten, setText } from "../../common/page/dom.ts";
import { count } from "../../common/page/words.ts";
import type { Connection } from "./connection.ts";
import { keepPerson, MAX_NAME, ownPerson, personIn, tintBy, type Person } from "./person.ts";

/** Lists the people who have the document open, and lets one change one's own name. */
export class People {
  readonly #list = byId("people", HTMLUListElement);
  readonly #count = byId("people-count", HTMLElement);
  readonly #name = byId("own-name", HTMLInputElement);
  readonly #connection: Connection;
  #own = ownPerson();

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#name.maxLength = MAX_NAME;
    this.#name.value = this.#own.name;
    this.#name.addEventListener("change", () => this.#rename());
    byId("own-person", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#rename();
    });
    window.addEventListener("pageshow", ({ persisted }) => persisted && this.#introduce());
    connection.awareness.on("change", () => this.#show());
    this.#introduce();
  }

  get own(): Person {
    return this.#own;
  }

  #rename(): void {
    const name = this.#name.value.trim() || this.#own.name;
    this.#name.value = name;
    this.#own = { ...this.#own, name };
    keepPerson(this.#own);
    this.#introduce();
  }

  #introduce(): void {
    tintBy(this.#name, this.#own);
    this.#connection.introduce(this.#own);
    this.#show();
  }

  #show(): void {
    const others = othersIn(this.#connection.awareness);
    const entries = others.map((person) => entryOf(person));
    this.#list.replaceChildren(entryOf(this.#own, " (you)"), ...entries);
    setText(this.#count, count(others.length + 1, "person", "people"));
  }
}

function othersIn({ clientID, states }: Awareness): Person[] {
  const others = [...states].filter(([client]) => client !== clientID);
  return others
    .map(([, { user }]) => personIn(user))
    .filter((person) => person !== undefined)
    .sort((one, other) => one.name.localeCompare(other.name));
}

function entryOf(person: Person, note = ""): HTMLLIElement {
  const entry = create("li", "person");
  tintBy(entry, person);
  entry.append(createWritten("span", "", person.name), note);
  return entry;
}
