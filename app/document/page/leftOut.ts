import { count } from "../../common/page/words.ts";
import { linkOf } from "./links.ts";

/** Counts, by kind, of what was left out because a text cannot contain it. */
export type LeftOut = Map<Kind, number>;

type Kind = keyof typeof NAMES;

const NAMES = {
  image: ["image", "images"],
  video: ["video", "videos"],
  sound: ["audio clip", "audio clips"],
  embedded: ["embedded page", "embedded pages"],
  field: ["form field", "form fields"],
  link: ["link", "links"],
  file: ["file", "files"],
} as const;

/** Elements to remove, outermost first. Invisible pictures are not counted. */
const ELEMENTS: readonly (readonly [Kind | undefined, string])[] = [
  [
    undefined,
    "[aria-hidden=true]:is(svg, img), img:is([width='0'], [width='1'], [height='0'], [height='1'])",
  ],
  ["video", "video"],
  ["sound", "audio"],
  ["embedded", "iframe, object, embed"],
  ["image", "img, svg, canvas, input[type=image]"],
  [undefined, "input[type=hidden], datalist, template"],
  ["field", "input, select, textarea, meter, progress"],
];

/** Removes what a text cannot contain, and returns what that was. */
export function leaveOut(root: HTMLElement): LeftOut {
  const leftOut: LeftOut = new Map();
  for (const [kind, selector] of ELEMENTS) {
    for (const element of root.querySelectorAll(selector)) {
      if (root.contains(element)) {
        element.remove();
        add(leftOut, kind);
      }
    }
  }
  for (const link of root.querySelectorAll("a[href]")) {
    const href = link.getAttribute("href") ?? "";
    // A link within the copied page is no loss.
    if (!href.startsWith("#") && linkOf(href) === undefined) {
      add(leftOut, "link");
    }
  }
  return leftOut;
}

/** Counts files that are pasted or dropped. */
export function filesIn({ files }: DataTransfer): LeftOut {
  const leftOut: LeftOut = new Map();
  for (const { type } of files) {
    const kinds: Partial<Record<string, Kind>> = { image: "image", video: "video", audio: "sound" };
    add(leftOut, kinds[type.split("/")[0] ?? ""] ?? "file");
  }
  return leftOut;
}

/** Describes what was left out, and how many tables became lines; empty if nothing did. */
export function wordsOf(leftOut: LeftOut = new Map(), tables = 0): string {
  const numbers = [...leftOut.values()];
  const parts = [...leftOut].map(([kind, number]) => {
    const [one, many] = NAMES[kind];
    return count(number, one, many);
  });
  const list = new Intl.ListFormat("en").format(parts);
  const verb = numbers.length === 1 && numbers[0] === 1 ? "was" : "were";
  return [
    ...(list === "" ? [] : [`${list} ${verb} left out.`]),
    ...(tables === 0 ? [] : [`${count(tables, "table was", "tables were")} turned into lines.`]),
  ].join(" ");
}

function add(leftOut: LeftOut, kind: Kind | undefined): void {
  if (kind !== undefined) {
    leftOut.set(kind, (leftOut.get(kind) ?? 0) + 1);
  }
}
