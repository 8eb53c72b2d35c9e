/**
 * HTML as it is pasted, for the page to parse: the page's policy lets no inline style count, and what is parsed with
 * one is reported as a fault. What it says is kept aside, for `applyStyles`.
 */
export function withoutStyles(html: string): string {
  return html
    .replace(/<style\b[\s\S]*?(?:<\/style\s*>|$)/gi, "")
    .replace(/<[a-z][^<>]*>/gi, (tag) => tag.replace(/\sstyle\s*=/gi, " data-style="));
}

/** Elements that are within a line unless a style says otherwise. */
const INLINE = "a, b, button, code, em, i, label, s, small, span, strong, u";

/** Makes elements of what inline styles mean: else what is not bold in a bold element would be bold. */
export function applyStyles(root: HTMLElement): void {
  for (const element of root.querySelectorAll<HTMLElement>("[data-style]")) {
    applyStyle(element);
  }
}

function applyStyle(element: HTMLElement): void {
  const { style } = document.createElement("span");
  style.cssText = element.dataset.style ?? "";
  delete element.dataset.style;
  const { fontWeight, fontStyle, textDecorationLine, verticalAlign, whiteSpace } = style;
  if (isBold(fontWeight)) {
    wrapContent(element, "strong");
  }
  if (/italic|oblique/.test(fontStyle)) {
    wrapContent(element, "em");
  }
  if (textDecorationLine.includes("line-through")) {
    wrapContent(element, "s");
  }
  if (verticalAlign === "super" || verticalAlign === "sub") {
    wrapContent(element, verticalAlign === "sub" ? "sub" : "sup");
  }
  if (/pre|break/.test(`${whiteSpace} ${style.getPropertyValue("white-space-collapse")}`)) {
    keepSpaces(element);
  }
  if (/^(block|flex|grid|list-item|table)/.test(style.display) && element.matches(INLINE)) {
    wrapContent(element, "div");
  }
  const isPlain = fontWeight !== "" && !isBold(fontWeight);
  if (
    (isPlain && element.matches("b, strong")) ||
    (fontStyle === "normal" && element.matches("i, em"))
  ) {
    unwrap(element);
  }
}

/** Has the parser keep spaces, tabs and line breaks as they are. */
export function keepSpaces(element: HTMLElement): void {
  element.style.whiteSpace = "pre";
}

function isBold(weight: string): boolean {
  return weight.startsWith("bold") || Number(weight) >= 600;
}

function wrapContent(element: HTMLElement, tag: keyof HTMLElementTagNameMap): void {
  element.append(takeContent(element, tag));
}

/** Moves what is in an element into a new one. Never all at once, as arguments: a table may have any number of rows. */
export function takeContent<K extends keyof HTMLElementTagNameMap>(
  element: Element,
  tag: K,
): HTMLElementTagNameMap[K] {
  const taker = document.createElement(tag);
  while (element.firstChild !== null) {
    taker.append(element.firstChild);
  }
  return taker;
}

/** Leaves only what is in an element. */
export function unwrap(element: Element): void {
  while (element.firstChild !== null) {
    element.before(element.firstChild);
  }
  element.remove();
}
