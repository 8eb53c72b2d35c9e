import { manyFailures } from "./judge.ts";
import { escaped } from "./markup.ts";
import type { Report } from "./report.ts";
import { breakText } from "./reportText.ts";

/** A judgement, as a test of CI. */
interface TestCase {
  name: string;
  /** Why CI must not show it as passed. CI counts a verdict that proves nothing as an error, not as a failure. */
  problem?: { element: "failure" | "error"; type: string; message: string; details: string };
  output: string;
}

/** The report as JUnit XML: one test for the verdict, and one for the failures if the verdict tolerates some. */
export function reportJunit(report: Report): string {
  const { kind, runs, scenario, url } = report;
  // A roll-out tolerates no failure, so its verdict covers them.
  const failures = scenario === "rollout" ? [] : [failuresCase(report)];
  const cases = [verdictCase(report), ...failures];
  const numberOf = (element: string): number =>
    cases.filter(({ problem }) => problem?.element === element).length;
  const suite = attributes({
    name: `sockjs-sticky verify ${url}`,
    tests: cases.length,
    failures: numberOf("failure"),
    errors: numberOf("error"),
    time: runs.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(3),
    timestamp: runs[0]?.started ?? "",
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<testsuites>",
    `<testsuite${suite}>`,
    ...cases.map((each) => caseElement(`sockjs-sticky.${kind}`, each)),
    "</testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function verdictCase(report: Report): TestCase {
  const { firstBreaks, reasons, scenario, unit, url, verdict } = report;
  const details = firstBreaks.map((each) => breakText(each, unit)).join("\n");
  const element = verdict === "not sticky" ? "failure" : "error";
  const message = reasons.join("; ");
  return {
    name: `${url}: ${unit}s are sticky in scenario ${scenario}`,
    ...(verdict === "sticky" ? {} : { problem: { element, type: verdict, message, details } }),
    output: message,
  };
}

function failuresCase(report: Report): TestCase {
  const { breaks, maxFailures, totals, unit, url, visits } = report;
  const { lost, sent } = totals;
  const errors = visits?.errors ?? 0;
  const [applies, message] = manyFailures({ breaks, errors, lost, maxFailures, sent, unit });
  return {
    name: `${url}: at most ${maxFailures} % of ${unit === "session" ? "messages" : "requests"} fail`,
    ...(applies ? { problem: { element: "failure", type: "failures", message, details: "" } } : {}),
    output: `${lost} lost, ${errors} with a 5xx status, ${breaks.closed} sessions closed, of ${sent}`,
  };
}

function caseElement(classname: string, { name, output, problem }: TestCase): string {
  return [
    `<testcase${attributes({ classname, name })}>`,
    ...(problem === undefined
      ? []
      : [
          `<${problem.element}${attributes({ type: problem.type, message: problem.message })}>` +
            `${escaped(problem.details)}</${problem.element}>`,
        ]),
    `<system-out>${escaped(output)}</system-out>`,
    "</testcase>",
  ].join("\n");
}

function attributes(values: Record<string, string | number>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join("");
}
