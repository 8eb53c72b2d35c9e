import { createHash } from "node:crypto";
import { breaksSection } from "./page/firstBreaks.ts";
import { markup, Markup, section } from "./page/html.ts";
import { interruptions } from "./page/interruptions.ts";
import { lanes, laneSentences } from "./page/lanes.ts";
import { latencySection } from "./page/latency.ts";
import { overTime } from "./page/overTime.ts";
import { ReplicaTags } from "./page/replicaTags.ts";
import { spreadSection } from "./page/spread.ts";
import { STYLE } from "./page/style.ts";
import { summary } from "./page/summary.ts";
import type { Report } from "./report.ts";

/** Lets the page load nothing and run nothing; only its own style applies. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** The report as one page without external files and without scripts. */
export function reportPage(report: Report): string {
  const tags = new ReplicaTags(report);
  return markup`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${report.verdict}: ${report.url}</title>
<style>${new Markup(STYLE)}</style>
<main>
${summary(report)}
${section("Replicas over time", laneSentences(report), lanes(report, tags), overTime(report, tags))}
${spreadSection(report, tags)}
${latencySection(report)}
${breaksSection(report, tags)}
${interruptions(report, tags)}
<footer>Stickiness report, format ${report.version}. Times are seconds since the start of the run.</footer>
</main>
</html>
`.text;
}
