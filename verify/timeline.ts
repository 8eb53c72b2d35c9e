import { Latencies } from "./latencies.ts";
import type { Report } from "./report.ts";

/** Maximum numbers in a timeline; when there are more, each two neighbours become one. */
const MAX_NUMBERS = 10_000;

/** What happened since the sample before. */
export interface Sample {
  /** Seconds since the start of the run. */
  seconds: number;
  /** Open sessions by replica. */
  replicas: ReadonlyMap<string, number>;
  latencies: Latencies;
  breaks: number;
}

/** What happened over time. Its resolution halves again and again, so a long run needs no more memory than a short one. */
export class Timeline {
  #points: { sample: Sample; parts: number }[] = [];
  /** Samples that are one point. */
  #stride = 1;

  add(sample: Sample): void {
    const last = this.#points.at(-1);
    if (last === undefined || last.parts === this.#stride) {
      this.#points.push({ sample, parts: 1 });
    } else {
      last.sample = joined(last.sample, sample);
      last.parts += 1;
    }
    while (this.#size() > MAX_NUMBERS && this.#points.length > 1) {
      this.#halve();
    }
  }

  /** All samples as the report has them. */
  points(): Report["timeline"] {
    return this.#points.map(({ sample: { breaks, latencies, replicas, seconds } }) => ({
      seconds,
      replicas: Object.fromEntries(replicas),
      answers: latencies.total,
      latency: latencies.summary(),
      breaks,
    }));
  }

  /** The three thirds of the time. */
  thirds(): NonNullable<Report["thirds"]> {
    const samples = this.#points.map(({ sample }) => sample);
    const end = samples.at(-1)?.seconds ?? 0;
    return [1, 2, 3].map((third) => {
      const until = third === 3 ? Infinity : (end * third) / 3;
      const within = samples.filter(
        ({ seconds }) => seconds > (end * (third - 1)) / 3 && seconds <= until,
      );
      const latencies = new Latencies();
      within.forEach((sample) => latencies.addAll(sample.latencies.counts()));
      return {
        answers: latencies.total,
        latency: latencies.summary(),
        breaks: within.reduce((sum, { breaks }) => sum + breaks, 0),
      };
    });
  }

  #size(): number {
    return this.#points.reduce((sum, { sample }) => sum + 1 + sample.replicas.size, 0);
  }

  #halve(): void {
    this.#stride *= 2;
    const points = this.#points;
    this.#points = points.flatMap((point, index) => {
      const next = points[index + 1];
      if (index % 2 === 1) {
        return [];
      }
      return next === undefined
        ? [point]
        : [{ sample: joined(point.sample, next.sample), parts: point.parts + next.parts }];
    });
  }
}

function joined(before: Sample, { breaks, latencies, replicas, seconds }: Sample): Sample {
  before.latencies.addAll(latencies.counts());
  return { seconds, replicas, latencies: before.latencies, breaks: before.breaks + breaks };
}
