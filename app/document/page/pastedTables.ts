import { keepSpaces, takeContent, unwrap } from "./pastedHtml.ts";

/** Elements that do not fit into a line; a table that contains one is for layout, not for data. */
const LARGE = "li, h1, h2, h3, h4, h5, h6, pre, blockquote, hr, table";

const PARTS = "table, thead, tbody, tfoot, tr";

/** Elements that separate words. */
const BLOCKS = "br, p, div, dd, dt, address, article, section, header, footer, figure, figcaption";

/**
 * Makes a line of each row, with tabs between the cells, as spreadsheets do for plain text. Rows of layout tables
 * become one block for each cell instead.
 *
 * @returns how many tables became lines
 */
export function flattenTables(root: HTMLElement): number {
  const tables = new Set<Element>();
  // Rows and cells that are copied from within a table may come without it.
  const parts = [root, ...root.querySelectorAll(PARTS)].filter((part) => part.matches(PARTS));
  for (const part of parts) {
    // The parser would read the spaces between rows, and between cells, as text.
    [...part.childNodes].filter((node) => node instanceof Text).forEach((text) => text.remove());
  }
  for (const row of parts.filter((part) => part.matches("tr"))) {
    const cells = [...row.children];
    const isLayout = cells.some((cell) => cell.querySelector(LARGE) !== null);
    if (isLayout || cells.filter(hasContent).length < 2) {
      cells.forEach((cell) => cell.replaceWith(takeContent(cell, "div")));
    } else {
      row.append(lineOf(cells));
      tables.add(row.closest("table") ?? root);
    }
  }
  return tables.size;
}

function lineOf(cells: readonly Element[]): HTMLElement {
  const line = document.createElement("p");
  keepSpaces(line);
  cells.forEach((cell, index) => {
    putOnOneLine(cell);
    line.append(index === 0 ? "" : "\t", takeContent(cell, cell.matches("th") ? "strong" : "span"));
    cell.remove();
  });
  return line;
}

/** Puts the content of a cell on one line, and collapses its spaces as a browser does. */
function putOnOneLine(cell: Element): void {
  for (const block of cell.querySelectorAll(BLOCKS)) {
    block.before(" ");
    block.after(" ");
    unwrap(block);
  }
  let last: Text | undefined;
  let before = " ";
  const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  while (walker.nextNode() instanceof Text) {
    const text = walker.currentNode as Text;
    const line = text.data.replace(/[ \t\r\n\f]+/g, " ");
    text.data = before.endsWith(" ") ? line.trimStart() : line;
    before = text.data || before;
    last = text.data === "" ? last : text;
  }
  if (last !== undefined) {
    last.data = last.data.trimEnd();
  }
}

function hasContent({ textContent }: Element): boolean {
  return textContent.trim() !== "";
}
