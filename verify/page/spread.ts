import type { Report, SessionResult } from "../report.ts";
import { chanceBand } from "../statistics.ts";
import type { Unit } from "../units.ts";
import { figure, markup, section, type Markup } from "./html.ts";
import { MAX_LISTED, type ReplicaTags } from "./replicaTags.ts";
import { percentOf } from "./timeAxis.ts";
import { counted, percent, plural } from "../words.ts";

/** How the sessions are spread over the replicas that they met first, against what chance explains. */
export interface Spread {
  /** What a front places: each session, or all those from one address together. */
  placed: Unit | "address";
  /** Number of these by replica. */
  counts: ReadonlyMap<string, number>;
  /** Number of sessions by replica. */
  sessions: ReadonlyMap<string, number>;
  all: number;
  band: { least: number; most: number };
  /** Replicas that met sessions only later, in scenarios that add replicas. */
  later: number;
}

/** @returns undefined if fewer than two replicas are named, so there is nothing to compare */
function spreadOf({ replicas, scenario, sessions, unit }: Report): Spread | undefined {
  const named = sessions.filter((session) => session.replicas.length > 0);
  const homes = Map.groupBy(named, (session) => session.replicas[0] ?? "");
  const isChanging = scenario === "rollout" || scenario === "scale";
  const names = replicas
    .map(({ replica }) => replica)
    .filter((replica) => !isChanging || homes.has(replica));
  if (names.length < 2) {
    return undefined;
  }
  const addresses = new Map(
    names.map((name) => [name, new Set((homes.get(name) ?? []).flatMap(addressesOf)).size]),
  );
  const different = new Set(named.flatMap(addressesOf)).size;
  // If no address has sessions on two replicas, the front may well have placed addresses.
  const isByAddress = different < named.length && sumOf(addresses) === different;
  const own = new Map(names.map((name) => [name, homes.get(name)?.length ?? 0]));
  const counts = isByAddress ? addresses : own;
  const all = sumOf(counts);
  return {
    placed: isByAddress ? "address" : unit,
    counts,
    sessions: own,
    all,
    band: chanceBand(all, names.length),
    later: replicas.length - names.length,
  };
}

/** The spread in plain words. */
export function spreadSentences(report: Report): string[] {
  const { replicas, unit } = report;
  const spread = spreadOf(report);
  if (spread === undefined) {
    const why =
      replicas.length === 0
        ? "The server does not name its replicas, so their shares are not known."
        : `All ${unit}s reached one replica first, so there is nothing to compare.`;
    return [why];
  }
  const { all, band, counts, later, placed } = spread;
  const outside = [...counts.values()].filter((each) => !isWithin(each, band)).length;
  const tells =
    band.least === 0 && band.most === all
      ? "There are too few to tell chance from bias."
      : outside === 0
        ? "All are within this band: no more uneven than chance."
        : `${counted(outside, "replica")} of ${counts.size} ${outside === 1 ? "is" : "are"} outside of this band: more uneven than chance.`;
  return [
    ...(placed === "address"
      ? [
          `All ${unit}s from one address reached the same replica first, so addresses are counted: a load balancer with affinity by address places these, not ${unit}s.`,
        ]
      : []),
    `If each of the ${counted(all, placed)} chose one of ${counts.size} replicas at random, every replica would get ${range(band)} in at least 99 of 100 runs; the band shows this range.`,
    tells,
    ...(later > 0 ? [`Left out: ${counted(later, "replica")} that no ${unit} reached first.`] : []),
  ];
}

/** A bar for each replica, with the band of chance. */
export function spreadSection(report: Report, tags: ReplicaTags): Markup {
  const title = "Spread over the replicas";
  const spread = spreadOf(report);
  const sentences = spreadSentences(report);
  if (spread === undefined) {
    return section(title, sentences);
  }
  const { band, counts, placed } = spread;
  const listed = [...counts.keys()]
    .toSorted((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0))
    .slice(0, MAX_LISTED);
  const more = counts.size - listed.length;
  const widest = Math.max(band.most, counts.get(listed[0] ?? "") ?? 0);
  return section(
    title,
    [...sentences, more > 0 ? `Shown are the ${MAX_LISTED} with most.` : ""],
    figure(
      `The ${plural(placed)} by replica: ${listed.map((name) => `${name} ${counts.get(name) ?? 0}`).join(", ")}; by chance ${range(band)}.`,
      markup`<div class="bars">${listed.map((name) => bar(name, { report, spread, tags, widest }))}</div>`,
    ),
  );
}

interface Context {
  report: Report;
  spread: Spread;
  tags: ReplicaTags;
  /** Number at the end of the axis. */
  widest: number;
}

function bar(name: string, { report, spread, tags, widest }: Context): Markup {
  const { all, band, counts, placed, sessions } = spread;
  const own = counts.get(name) ?? 0;
  const from = percentOf(band.least, widest);
  const parts = [
    counted(own, placed),
    ...(placed === "address" ? [counted(sessions.get(name) ?? 0, report.unit)] : []),
    percent(own / all),
    ...(isWithin(own, band)
      ? []
      : [own > band.most ? "more than by chance" : "less than by chance"]),
  ];
  return markup`<div class="bar"><p>${tags.named(name)}<br>${parts.join(", ")}</p>
<svg height="20"><rect class="band" x="${from}%" width="${percentOf(band.most - band.least, widest)}%" height="20"/><rect class="${tags.colour(name)}" y="4" width="${percentOf(own, widest)}%" height="12"/><line class="axis" x1="${percentOf(all / counts.size, widest)}%" x2="${percentOf(all / counts.size, widest)}%" y2="20"/></svg></div>
`;
}

function isWithin(number: number, { least, most }: Spread["band"]): boolean {
  return number >= least && number <= most;
}

function range({ least, most }: Spread["band"]): string {
  return least === most ? String(least) : `${least} to ${most}`;
}

/** Addresses in different runs are different, even if the system chose both. */
function addressesOf({ run, source }: SessionResult): string[] {
  return source.split(",").map((address) => `${run} ${address}`);
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, each) => sum + each, 0);
}
