import { takeContent } from "./pastedHtml.ts";

/** Blocks of which the parser of the editor does not know that they are; joined, they would be one word. */
const UNKNOWN_BLOCKS =
  "caption, center, details, dialog, dt, legend, main, menu, nav, search, summary";

const BLOCKS =
  "address, article, aside, blockquote, dd, div, dl, figure, footer, form, h1, h2, h3, h4, h5, h6, header, hr, li, ol, p, pre, section, table, ul";

/** Makes paragraphs of what looks like one, and of lines that are left blank. */
export function keepBlocks(root: HTMLElement): void {
  // Browsers end with one what they copy.
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

/** Of line breaks that end no line, as they are between blocks, each is a line. */
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

/** What is beside a node, apart from the spaces between blocks. */
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
