const STORED_AS = "document-person";

/** Most characters of a name; longer names are cut. */
export const MAX_NAME = 40;

/** Parts of generated names, enough that people in one document rarely get the same one. */
const ADJECTIVES =
  "Amber Bold Brave Breezy Bright Calm Cheerful Clever Crimson Daring Eager Gentle Golden Happy Honest Jolly Keen Kind Lively Lucky Merry Mighty Misty Noble Patient Polite Quick Quiet Silver Sunny Swift Wise";
const ANIMALS =
  "Badger Bear Beaver Bison Crane Crow Deer Dolphin Eagle Falcon Finch Fox Gecko Hare Hawk Hedgehog Heron Ibis Jay Lark Lemur Lynx Magpie Marten Mole Moose Newt Otter Owl Panda Pelican Penguin Puffin Rabbit Raven Robin Seal Sparrow Squirrel Stork Swan Tiger Toad Trout Turtle Whale Wolf Wren";

/** Somebody who has a document open; the hue is the colour of their caret, selection and name. */
export interface Person {
  name: string;
  hue: number;
}

/** The person of this browser, at first with a generated name. */
export function ownPerson(): Person {
  const generated = {
    name: `${oneOf(ADJECTIVES)} ${oneOf(ANIMALS)}`,
    hue: Math.floor(Math.random() * 360),
  };
  const own = stored() ?? generated;
  keepPerson(own);
  return own;
}

/** Stores the person of this browser. */
export function keepPerson(person: Person): void {
  try {
    localStorage.setItem(STORED_AS, JSON.stringify(person));
  } catch {
    // A browser without storage generates a new person each time.
  }
}

/** Reads a person that others sent; undefined if it is malformed. */
export function personIn(user: unknown): Person | undefined {
  if (typeof user !== "object" || user === null) {
    return undefined;
  }
  const { name, hue } = user as Partial<Record<keyof Person, unknown>>;
  const isPerson = typeof name === "string" && name.trim() !== "";
  const colour = typeof hue === "number" && Number.isFinite(hue) ? Math.abs(hue) % 360 : 0;
  return isPerson ? { name: name.trim().slice(0, MAX_NAME), hue: colour } : undefined;
}

/** Gives an element the colour of a person; the style sheet derives readable shades from the hue. */
export function tintBy(element: HTMLElement, { hue }: Person): void {
  element.style.setProperty("--hue", String(hue));
  element.classList.add("tinted");
}

function stored(): Person | undefined {
  try {
    return personIn(JSON.parse(localStorage.getItem(STORED_AS) ?? "null"));
  } catch {
    return undefined;
  }
}

function oneOf(list: string): string {
  const words = list.split(" ");
  return words[Math.floor(Math.random() * words.length)] ?? "";
}
