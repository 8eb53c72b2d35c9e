import { create } from "../../common/page/dom.ts";
import type { Company } from "./api.ts";

const moment = new Intl.DateTimeFormat([], { dateStyle: "medium", timeStyle: "short" });

/** A time as the reader's language has it, and as a program reads it. */
export function timeElement({ createdAt }: Company): HTMLTimeElement {
  const element = create("time", "", moment.format(new Date(createdAt)));
  element.dateTime = createdAt;
  return element;
}

/** The page's address of a company. */
export function hashOf(businessNumber: string): string {
  return `#${encodeURIComponent(businessNumber)}`;
}
