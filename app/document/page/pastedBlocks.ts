import { takeContent } from "./pastedHtml.ts";

/** Block elements that the editor's parser does not know; it would join their words. */
const UNKNOWN_BLOCKS =
  "caption, center, details, dialog, dt, legend, main, menu, nav, search, summary";

const BLOCKS =
  "address, article, aside, blockquote, dd, div, dl, figure, footer, form, h1, h2, h3, h4, h5, h6, header, hr, li, ol, p, pre, section, table, ul";

/** Makes paragraphs of everything that looks like one, including blank lines. */
export function keepBlocks(root: HTMLElement): void {
  // Browsers append one to what they copy.
  root.querySelectorAll("br.Apple-interchange-newline").forEach((end) => end.remove());
  for (const block of root.querySelectorAll(UNKNOWN_BLOCKS)) {
    block.replaceWith(takeContent(block, "div"));
  }
  for (const block of root.querySelectorAll("div, p")) {
    if (block.textContent.trim() === "" && isBlank(block)) {
      block.replaceWith(document.createElement("p"));
    }
  }
  keepBlankLines(root);
}

/** Makes a blank line of each line break between blocks, which ends no line of text. */
function keepBlankLines(root: HTMLElement): void {
  for (const first of root.querySelectorAll("br")) {
    const before = beside(first, "previousSibling");
    if (!isBreak(before)) {
      const breaks: Node[] = [];
      let after: Node | null = first;
      for (; isBreak(after); after = beside(after, "nextSibling")) {
        breaks.push(after);
      }
      if ((before ?? after) !== null && [before, after].every(isEdge)) {
        breaks.forEach((each) => each.parentNode?.replaceChild(document.createElement("p"), each));
      }
    }
  }
}

function isBlank(block: Element): boolean {
  const isLine = block.textContent.includes("\u00a0") || block.querySelector("br") !== null;
  return isLine && block.querySelector(BLOCKS) === null;
}

function isBreak(node: Node | null): node is HTMLBRElement {
  return node?.nodeName === "BR";
}

function isEdge(node: Node | null): boolean {
  return node === null || (node instanceof Element && node.matches(BLOCKS));
}

/** The sibling of a node, ignoring spaces between blocks. */
function beside(node: Node, side: "previousSibling" | "nextSibling"): Node | null {
  let found = node[side];
  while (found !== null && !(found instanceof Element) && isSpace(found)) {
    found = found[side];
  }
  return found;
}

function isSpace(node: Node): boolean {
  return !(node instanceof Text) || node.data.trim() === "";
}
