const STORED_AS = "document-person";

/** Characters of a name; who sends more is cut. */
export const MAX_NAME = 40;

/** Of these, names are made up: so many that people in one document rarely get the same. */
const ADJECTIVES =
  "Amber Bold Brave Breezy Bright Calm Cheerful Clever Crimson Daring Eager Gentle Golden Happy Honest Jolly Keen Kind Lively Lucky Merry Mighty Misty Noble Patient Polite Quick Quiet Silver Sunny Swift Wise";
const ANIMALS =
  "Badger Bear Beaver Bison Crane Crow Deer Dolphin Eagle Falcon Finch Fox Gecko Hare Hawk Hedgehog Heron Ibis Jay Lark Lemur Lynx Magpie Marten Mole Moose Newt Otter Owl Panda Pelican Penguin Puffin Rabbit Raven Robin Seal Sparrow Squirrel Stork Swan Tiger Toad Trout Turtle Whale Wolf Wren";

/** Somebody who has a document open; the hue is the colour of all that is theirs. */
export interface Person {
  name: string;
  hue: number;
}

/** Who this browser's own person is; at first somebody with a name made up. */
export function ownPerson(): Person {
  const made = {
    name: `${oneOf(ADJECTIVES)} ${oneOf(ANIMALS)}`,
    hue: Math.floor(Math.random() * 360),
  };
  const own = stored() ?? made;
  keepPerson(own);
  return own;
}

/** Keeps who this browser's own person is. */
export function keepPerson(person: Person): void {
  try {
    localStorage.setItem(STORED_AS, JSON.stringify(person));
  } catch {
    // A browser that keeps nothing has another person each time.
  }
}

/** The person in something that others sent; undefined if there is none. */
export function personIn(user: unknown): Person | undefined {
  if (typeof user !== "object" || user === null) {
    return undefined;
  }
  const { name, hue } = user as Partial<Record<keyof Person, unknown>>;
  const isPerson = typeof name === "string" && name.trim() !== "";
  const colour = typeof hue === "number" && Number.isFinite(hue) ? Math.abs(hue) % 360 : 0;
  return isPerson ? { name: name.trim().slice(0, MAX_NAME), hue: colour } : undefined;
}

/** Gives an element the colour of a person; the style sheet makes of the hue what is readable. */
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
