import { byId, setText } from "../../common/page/dom.ts";
import { tint } from "../../common/page/replica.ts";

const BARS = 60;
const BAR_WIDTH = 4;
const HEIGHT = 40;

/** Smallest range of the scale, in milliseconds, so tiny differences look tiny. */
const SCALE_MS = 50;

interface RoundTrip {
  milliseconds: number;
  bar: SVGRectElement;
}

/** The latest round trips as bars, each in the colour of the replica that answered. */
export class RoundTrips {
  readonly #chart = byId("round-trips", SVGSVGElement);
  readonly #last = byId("round-trip", HTMLElement);
  readonly #trips: RoundTrip[] = [];

  add(milliseconds: number, replica: string): void {
    const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    bar.setAttribute("width", String(BAR_WIDTH - 1));
    tint(bar, replica);
    this.#chart.append(bar);
    this.#trips.push({ milliseconds, bar });
    if (this.#trips.length > BARS) {
      this.#trips.shift()?.bar.remove();
    }
    setText(this.#last, `${milliseconds} ms`);
    this.#draw();
  }

  #draw(): void {
    const times = this.#trips.map(({ milliseconds }) => milliseconds);
    const longest = Math.max(...times);
    // Logarithmic, so one message that waited for a reconnect does not flatten all others.
    const scale = Math.log1p(Math.max(SCALE_MS, longest));
    const first = BARS - this.#trips.length;
    this.#trips.forEach(({ milliseconds, bar }, index) => {
      const height = Math.max(3, (Math.log1p(milliseconds) / scale) * HEIGHT);
      bar.setAttribute("x", String((first + index) * BAR_WIDTH));
      bar.setAttribute("y", String(HEIGHT - height));
      bar.setAttribute("height", String(height));
    });
    const label = `The last ${times.length} round trips: ${Math.min(...times)} to ${longest} ms`;
    this.#chart.setAttribute("aria-label", label);
  }
}
