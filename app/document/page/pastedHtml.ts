/**
 * HTML as it is pasted, with what its inline styles mean as elements. The page's policy lets no inline style count,
 * and so, read as it is, what is not bold in a bold element, as some word processors have it, would be bold.
 */
export function withoutStyles(html: string): string {
  const template = document.createElement("template");
  // By then it is too late to take them away: what is parsed with a style is reported as a fault.
  template.innerHTML = html
    .replace(/<style\b[\s\S]*?<\/style\s*>/gi, "")
    .replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/\sstyle\s*=/gi, " data-style="));
  for (const element of template.content.querySelectorAll<HTMLElement>("[data-style]")) {
    applyStyle(element);
  }
  return template.innerHTML;
}

function applyStyle(element: HTMLElement): void {
  const { style } = document.createElement("span");
  style.cssText = element.dataset.style ?? "";
  delete element.dataset.style;
  const { fontWeight, fontStyle, textDecorationLine } = style;
  if (isBold(fontWeight)) {
    wrapContent(element, "strong");
  }
  if (/italic|oblique/.test(fontStyle)) {
    wrapContent(element, "em");
  }
  if (textDecorationLine.includes("line-through")) {
    wrapContent(element, "s");
  }
  const isPlain = fontWeight !== "" && !isBold(fontWeight);
  if (
    (isPlain && element.matches("b, strong")) ||
    (fontStyle === "normal" && element.matches("i, em"))
  ) {
    element.replaceWith(...element.childNodes);
  }
}

function isBold(weight: string): boolean {
  return weight.startsWith("bold") || Number(weight) >= 600;
}

function wrapContent(element: HTMLElement, tag: "strong" | "em" | "s"): void {
  const wrapper = document.createElement(tag);
  wrapper.append(...element.childNodes);
  element.append(wrapper);
}
