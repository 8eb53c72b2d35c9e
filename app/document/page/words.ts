import { create } from "../../common/page/dom.ts";
import { isVisible } from "../../common/http/visibleText.ts";

const moment = new Intl.DateTimeFormat([], { dateStyle: "medium", timeStyle: "short" });

/** A time as the reader's language has it; empty where it is none. */
export function momentOf(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "" : moment.format(date);
}

/** A time as people read it, and as a program does. */
export function timeElement(time: string): HTMLTimeElement {
  const element = create("time", "", momentOf(time));
  element.dateTime = time;
  return element;
}

/** What a document is called. */
export function titleOf(title: string): string {
  return isVisible(title) ? title.trim() : "Untitled document";
}

/** The first so many characters of a text, on one line. */
export function excerpt(text: string, length: number): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > length ? `${line.slice(0, length).trimEnd()}…` : line;
}

/** The page's address of a document. */
export function pathOf(id: string): string {
  return `/documents/${encodeURIComponent(id)}`;
}
