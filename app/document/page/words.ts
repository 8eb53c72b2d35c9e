import { create } from "../../common/page/dom.ts";
import { isVisible } from "../../common/http/visibleText.ts";

const moment = new Intl.DateTimeFormat([], { dateStyle: "medium", timeStyle: "short" });

/** A time in the reader's language; empty if it is malformed. */
export function momentOf(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "" : moment.format(date);
}

/** A time in the reader's language, with a machine-readable value. */
export function timeElement(time: string): HTMLTimeElement {
  const element = create("time", "", momentOf(time));
  element.dateTime = time;
  return element;
}

/** The title of a document as it is displayed. */
export function titleOf(title: string): string {
  return isVisible(title) ? title.trim() : "Untitled document";
}

/** The beginning of a text, on one line. */
export function excerpt(text: string, length: number): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > length ? `${line.slice(0, length).trimEnd()}…` : line;
}

/** The path of a document's page. */
export function pathOf(id: string): string {
  return `/documents/${encodeURIComponent(id)}`;
}
