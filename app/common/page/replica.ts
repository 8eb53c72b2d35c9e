import { create } from "./dom.ts";

/** Derives a hue from a name, so a replica has the same colour in every tab; the factor spreads similar names. */
function hueOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const character of name) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return Math.round(((Math.imul(hash, 0x9e3779b1) >>> 0) / 2 ** 32) * 360);
}

/** Gives an element the colour of a replica; the style sheet derives readable shades from the hue. */
export function tint(element: HTMLElement | SVGElement, replica: string): void {
  element.style.setProperty("--hue", String(hueOf(replica)));
  element.classList.add("tinted");
}

/** A small badge with the name and the colour of a replica. */
export function replicaBadge(replica: string): HTMLElement {
  const badge = create("span", "badge", replica);
  tint(badge, replica);
  return badge;
}
