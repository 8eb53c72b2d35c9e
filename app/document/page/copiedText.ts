import type { Node } from "@tiptap/pm/model";
import type { Selection } from "@tiptap/pm/state";

/** The selection as plain text: a line for each paragraph, with the markers of lists. */
export function textOf({ $from, $to }: Selection): string {
  const range = { from: $from.pos, to: $to.pos };
  if ($from.sameParent($to) && $from.parent.inlineContent) {
    return inlineText($from.parent, $from.start(), range);
  }
  return linesIn($from.doc, 0, range).join("\n");
}

interface Range {
  from: number;
  to: number;
}

/** @param start where the content of the node begins */
function linesIn(node: Node, start: number, range: Range): string[] {
  if (node.isTextblock) {
    return inlineText(node, start, range).split("\n");
  }
  if (node.isLeaf) {
    return ["---"];
  }
  const lines: string[] = [];
  node.forEach((child, offset, index) => {
    const at = start + offset;
    if (at < range.to && at + child.nodeSize > range.from) {
      const own = linesIn(child, at + 1, range);
      const marker = markerOf(node, index);
      // An item has no marker if only a list within it is selected.
      const isWhole = at + 1 + (child.firstChild?.nodeSize ?? 0) > range.from;
      lines.push(...(marker === "" ? own : indented(own, marker, isWhole)));
    }
  });
  return lines;
}

function markerOf({ type, attrs }: Node, index: number): string {
  if (type.name === "orderedList") {
    return `${Number(attrs.start) + index}. `;
  }
  return type.name === "bulletList" ? "• " : "";
}

function indented(lines: readonly string[], marker: string, hasMarker: boolean): string[] {
  const space = " ".repeat(marker.length);
  return lines.map((line, index) => ((index === 0 && hasMarker ? marker : space) + line).trimEnd());
}

function inlineText(node: Node, start: number, { from, to }: Range): string {
  return node.textBetween(
    Math.max(from - start, 0),
    Math.min(to - start, node.content.size),
    undefined,
    "\n",
  );
}
