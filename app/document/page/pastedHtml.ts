/**
 * Moves the inline styles of pasted HTML to `data-style`, for `applyStyles`: the page's Content-Security-Policy blocks
 * inline styles, and reports each one as a violation.
 */
export function withoutStyles(html: string): string {
  return html
    .replace(/<style\b[\s\S]*?(?:<\/style\s*>|$)/gi, "")
    .replace(/<[a-z][^<>]*>/gi, (tag) => tag.replace(/\sstyle\s*=/gi, " data-style="));
}

/** Elements that are inline unless a style overrides that. */
const INLINE = "a, b, button, code, em, i, label, s, small, span, strong, u";

/** Replaces inline styles by elements. Without it, normal text within a bold element would become bold. */
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

/** Makes the parser keep spaces, tabs and line breaks as they are. */
export function keepSpaces(element: HTMLElement): void {
  element.style.whiteSpace = "pre";
}

function isBold(weight: string): boolean {
  return weight.startsWith("bold") || Number(weight) >= 600;
}

function wrapContent(element: HTMLElement, tag: keyof HTMLElementTagNameMap): void {
  element.append(takeContent(element, tag));
}

/** Moves the content of an element into a new one, node by node: a large table would exceed the limit of arguments. */
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

/** Replaces an element by its content. */
export function unwrap(element: Element): void {
  while (element.firstChild !== null) {
    element.before(element.firstChild);
  }
  element.remove();
}
