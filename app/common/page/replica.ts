import { create } from "./dom.ts";

/** The same colour for the same name, in every tab; the factor spreads names that differ little. */
function hueOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const character of name) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return Math.round(((Math.imul(hash, 0x9e3779b1) >>> 0) / 2 ** 32) * 360);
}

/** Gives an element the colour of a replica; the style sheet makes of the hue what is readable. */
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
