/** Superscript and subscript characters of Unicode. */
const RAISED = pairs(
  "0123456789+-−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVW",
  "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂ",
);
const LOWERED = pairs("0123456789+-−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ");

/** Writes with characters what is otherwise shown only by position or style: x² must not become x2. */
export function writeSigns(root: HTMLElement): void {
  root.querySelectorAll("annotation, annotation-xml").forEach((source) => source.remove());
  for (const script of root.querySelectorAll("sup, msup > :nth-child(2)")) {
    move(script, RAISED, "^");
  }
  for (const script of root.querySelectorAll("sub, msub > :nth-child(2)")) {
    move(script, LOWERED, "_");
  }
  root.querySelectorAll("mfrac > :nth-child(2)").forEach((divisor) => divisor.prepend("/"));
  // Most pages already contain these brackets, for browsers without support for ruby.
  root.querySelectorAll("ruby:not(:has(rp)) > rt").forEach((reading) => bracket(reading, ""));
  for (const box of root.querySelectorAll<HTMLInputElement>("input[type=checkbox]")) {
    box.replaceWith(box.checked ? "☑ " : "☐ ");
  }
}

/** Raises or lowers a script by character or, if it cannot, as people type it, such as 2^(n + 1). */
function move(script: Element, characters: ReadonlyMap<string, string>, sign: string): void {
  const text = script.textContent.trim();
  // A symbol or text in brackets, such as the mark of a footnote, is already distinct.
  if (!/^[\p{L}\p{N}+−-]/u.test(text)) {
    return;
  }
  if (Array.from(text).every((character) => characters.has(character))) {
    const walker = document.createTreeWalker(script, NodeFilter.SHOW_TEXT);
    while (walker.nextNode() instanceof Text) {
      const node = walker.currentNode as Text;
      node.data = Array.from(node.data, (each) => characters.get(each) ?? each).join("");
    }
  } else if (Array.from(text).length === 1) {
    script.prepend(sign);
  } else {
    bracket(script, sign);
  }
}

function bracket(element: Element, sign: string): void {
  element.prepend(`${sign}(`);
  element.append(")");
}

function pairs(plain: string, moved: string): ReadonlyMap<string, string> {
  const characters = Array.from(moved);
  return new Map(Array.from(plain, (each, index) => [each, characters[index] ?? each]));
}
