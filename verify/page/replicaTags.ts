import type { Report } from "../report.ts";
import { markup, type Markup } from "./html.ts";

/** Number of colours, with their shades; then they are used again. */
export const COLOURS = 24;

/** Number of replicas that a legend or a chart of replicas lists. */
export const MAX_LISTED = 40;

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** How the page shows replicas: each has a colour and letters, since colours alone cannot be told apart by everybody. */
export class ReplicaTags {
  readonly #indexes = new Map<string, number>();

  constructor({ replicas, timeline }: Pick<Report, "replicas" | "timeline">) {
    const others = timeline.flatMap((point) => Object.keys(point.replicas));
    for (const replica of [...replicas.map((each) => each.replica), ...others]) {
      if (replica !== "" && !this.#indexes.has(replica)) {
        this.#indexes.set(replica, this.#indexes.size);
      }
    }
  }

  /** Letters that stand for a replica: A to Z, then AA and so on. */
  letters(replica: string): string {
    let rest = this.#indexes.get(replica) ?? -1;
    let letters = rest < 0 ? "?" : "";
    while (rest >= 0) {
      letters = `${LETTERS[rest % LETTERS.length] ?? ""}${letters}`;
      rest = Math.floor(rest / LETTERS.length) - 1;
    }
    return letters;
  }

  /** Class of the elements that have its colour. */
  colour(replica: string): string {
    const index = this.#indexes.get(replica);
    return index === undefined ? "none" : `c${index % COLOURS}`;
  }

  /** The letters on the colour. */
  tag(replica: string): Markup {
    return markup`<span class="tag ${this.colour(replica)}">${this.letters(replica)}</span>`;
  }

  /** The tag with the replica's name. */
  named(replica: string): Markup {
    return replica === "" ? markup`not named` : markup`${this.tag(replica)} <bdi>${replica}</bdi>`;
  }

  /** What the tags of these replicas mean. */
  legend(replicas: Iterable<string>): Markup {
    const named = [...new Set(replicas)].filter((replica) => replica !== "");
    const listed = named
      .toSorted((a, b) => (this.#indexes.get(a) ?? 0) - (this.#indexes.get(b) ?? 0))
      .slice(0, MAX_LISTED);
    const more = named.length - listed.length;
    return markup`<ul class="legend">${listed.map((replica) => markup`<li>${this.named(replica)}</li>`)}${
      more > 0 ? markup`<li>and ${more} more</li>` : ""
    }</ul>
`;
  }
}
