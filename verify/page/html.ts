import { escaped } from "../markup.ts";

/** Text that is safe to send to a browser. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Value = string | number | Markup | readonly Markup[];

/** Markup from a template. Values are escaped unless they are markup: servers that are not trusted have written parts of a report. */
export function markup(parts: TemplateStringsArray, ...values: Value[]): Markup {
  const texts = parts.map((part, index) => part + textOf(values[index] ?? ""));
  return new Markup(texts.join(""));
}

function textOf(value: Value): string {
  if (value instanceof Markup) {
    return value.text;
  }
  return typeof value === "object"
    ? value.map(({ text }) => text).join("")
    : escaped(readable(String(value)));
}

/** Replaces characters that cannot be seen, or that change the order of those around them, and keeps numbers with their units. */
function readable(text: string): string {
  return text.replace(/\p{C}/gu, "\u{FFFD}").replace(/(?<=\d) (?=(%|ms|s|min|h)(?!\w))/g, "\u{A0}");
}

/** A part of the page with a heading and what it shows in plain words. */
export function section(title: string, sentences: readonly string[], ...content: Markup[]): Markup {
  return markup`<section>
<h2>${title}</h2>
<p>${sentences.join(" ")}</p>
${content}
</section>
`;
}

/** A picture with what it shows in words, for those who cannot see it. */
export function figure(words: string, ...content: Markup[]): Markup {
  return markup`<figure role="img" aria-label="${words}">${content}</figure>
`;
}

/** A table, or nothing if it has no rows. */
export function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly (string | number | Markup)[])[],
): Markup {
  if (rows.length === 0) {
    return markup``;
  }
  const headCells = heads.map((head) => markup`<th scope="col">${head}</th>`);
  const line = (cells: readonly (string | number | Markup)[]): Markup =>
    markup`<tr>${cells.map((cell) => markup`<td>${cell}</td>`)}</tr>
`;
  return markup`<table>
<caption>${caption}</caption>
<thead><tr>${headCells}</tr></thead>
<tbody>
${rows.map(line)}</tbody>
</table>
`;
}
