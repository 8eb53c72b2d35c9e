import { COLOURS } from "./replicaTags.ts";

/** Okabe and Ito's colours, which colour-blind people can tell apart, with the colour of the letters on them. */
const HUES: readonly [fill: string, ink: string][] = [
  ["#0072b2", "#fff"],
  ["#e69f00", "#000"],
  ["#009e73", "#000"],
  ["#cc79a7", "#000"],
  ["#56b4e9", "#000"],
  ["#d55e00", "#000"],
  ["#f0e442", "#000"],
  ["#999999", "#000"],
];

/** The hues as they are, then lighter, then darker. */
const COLOUR_RULES = Array.from({ length: COLOURS }, (_, index) => {
  const [hue, ink] = HUES[index % HUES.length] ?? ["", ""];
  const shades = [
    [hue, ink],
    [`color-mix(in srgb, ${hue} 45%, #fff)`, "#000"],
    [`color-mix(in srgb, ${hue} 45%, #000)`, "#fff"],
  ];
  const [fill, on] = shades[Math.floor(index / HUES.length)] ?? [];
  return `.c${index} { --fill: ${fill}; --ink: ${on}; }`;
});

/** The style of the page. */
export const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif;
  --back: light-dark(#f5f6fa, #14171c); --front: light-dark(#1f2430, #e6e8ee); --panel: light-dark(#fff, #1c2027);
  --dim: light-dark(#545c6c, #a6aebb); --line: light-dark(#767d8a, #7d8593); --faint: light-dark(#dfe2ea, #363c47);
  --strong: light-dark(#000, #fff); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--front); }
main { max-width: 64rem; margin: auto; padding: 1.5rem 1rem; overflow-wrap: anywhere; }
header, section { padding: 1rem 1.25rem 1.25rem; margin-bottom: 1.25rem; border-radius: 0.75rem; background: var(--panel); }
h1 { display: inline-block; margin: 0; padding: 0.25rem 1rem; border-radius: 0.5rem; color: #fff; line-height: 1.3; }
h1.sticky { background: #17803d; } h1.not-sticky { background: #b42318; } h1.inconclusive, h1.cannot-be-judged { background: #8a5a00; }
h2 { margin: 0 0 0.25rem; font-size: 1.25rem; } h3 { margin: 1.25rem 0 0.25rem; font-size: 1rem; }
p { margin: 0.25rem 0 0.75rem; max-width: 48rem; }
.url { margin: 0.5rem 0; font-weight: 600; } header ul { margin: 0.5rem 0; padding-left: 1.25rem; font-size: 1.1rem; } header li:only-child { margin-left: -1.25rem; list-style: none; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1.25rem; margin: 1rem 0 0; font-size: 0.9rem; }
dt { color: var(--dim); grid-column: 1; } dd { margin: 0; grid-column: 2; }
figure { margin: 0.5rem 0 0; font-size: 0.8rem; break-inside: avoid; } figure:has(.blocks, .bars) { break-inside: auto; }
svg { display: block; width: 100%; overflow: visible; } svg text { fill: var(--front); font-size: 12px; }
.blocks { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1rem 1.5rem; }
.block { break-inside: avoid; } .block p { margin: 0 0 0.25rem; }
.row { display: grid; grid-template-columns: 3.75rem minmax(0, 1fr); gap: 0.5rem; line-height: 13px; margin-bottom: 2px; break-inside: avoid; }
.row > span { text-align: right; color: var(--dim); font-size: 12px; white-space: nowrap; }
.ends { display: flex; flex-direction: column; justify-content: space-between; line-height: 12px; }
.lane, .area { background: var(--back); } .lane { border: 1px solid var(--line); } .area { margin: 6px 0; }
.time line, .axis { stroke: var(--line); } .time text { fill: var(--dim); }
path { vector-effect: non-scaling-stroke; fill: none; } path[class^="c"] { shape-rendering: crispEdges; }
.mark { stroke: var(--strong); stroke-width: 2px; } .halo { stroke: var(--panel); stroke-width: 4px; }
.grid { stroke: var(--faint); } .plain { fill: light-dark(#0072b2, #56b4e9); }
.p50 { stroke: light-dark(#0072b2, #56b4e9); stroke-width: 2px; } .p99 { stroke: light-dark(#b34e00, #ff9a4d); stroke-width: 2px; stroke-dasharray: 5 3; }
.key { display: inline-block; width: 32px; vertical-align: middle; }
svg .none, .none { --fill: #8a8a8a; --ink: #000; }
${COLOUR_RULES.join("\n")}
svg [class^="c"], svg .none { fill: var(--fill); } svg text[class] { fill: var(--ink); font-weight: 600; }
.tag { display: inline-block; min-width: 1.5em; padding: 0 0.3em; border-radius: 0.25rem; background: var(--fill); color: var(--ink);
  font-size: 12px; font-weight: 600; text-align: center; }
.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; margin: 0.5rem 0; padding: 0; list-style: none; font-size: 0.85rem; }
.legend li { max-width: 100%; }
.bar { margin-bottom: 0.75rem; break-inside: avoid; } .bar p { margin: 0 0 0.25rem; }
@media (min-width: 40rem) { .bar { display: grid; grid-template-columns: 18rem minmax(0, 1fr); gap: 1rem; align-items: center; } }
.band { fill: var(--faint); stroke: var(--line); stroke-dasharray: 3 2; } .bar .axis { stroke: var(--strong); stroke-dasharray: 2 2; }
.bin { display: grid; grid-template-columns: 7rem minmax(0, 1fr) 8rem; gap: 0.5rem; align-items: center; margin-bottom: 2px; }
.bin span:first-child { text-align: right; }
table { width: 100%; margin-top: 0.75rem; border-collapse: collapse; font-size: 0.85rem; }
caption { padding-bottom: 0.25rem; text-align: left; color: var(--dim); }
th, td { padding: 0.3rem 0.75rem 0.3rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--faint); }
th { overflow-wrap: normal; } td { white-space: nowrap; } td:last-child, th:last-child { width: 100%; } td:last-child { white-space: normal; } tr { break-inside: avoid; }
footer { color: var(--dim); font-size: 0.85rem; }
@media (max-width: 30rem) { main { padding: 0.5rem; } header, section { padding: 0.75rem; } th, td { padding-right: 0.5rem; } .bin { grid-template-columns: 6.5rem minmax(0, 1fr) 6rem; }
  dl { grid-template-columns: 1fr; gap: 0; } dd { grid-column: 1; } dt { margin-top: 0.35rem; } }
@media print { :root { color-scheme: light; font-size: 12px; --back: #fff; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main { max-width: none; padding: 0; } header, section { padding: 0; border-radius: 0; } h2, h3, h3 + p, caption { break-after: avoid; }
  thead { display: table-header-group; } }
`;
