import { create } from "../../common/page/dom.ts";
import type { Company } from "./api.ts";

const moment = new Intl.DateTimeFormat([], { dateStyle: "medium", timeStyle: "short" });

/** A time in the reader's language, with a machine-readable value. */
export function timeElement({ createdAt }: Company): HTMLTimeElement {
  const element = create("time", "", moment.format(new Date(createdAt)));
  element.dateTime = createdAt;
  return element;
}

/** The URL fragment of a company. */
export function hashOf(businessNumber: string): string {
  return `#${encodeURIComponent(businessNumber)}`;
}
