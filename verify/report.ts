import { z } from "zod";
import { SCENARIOS } from "./options.ts";
import { TRANSPORTS } from "./sockjs/session.ts";

/** Version of the report's shape: the first number changes when a reader has to. */
export const REPORT_VERSION = "1.0";

const count = z.int().min(0);

const latency = z
  .object({ p50: z.number(), p99: z.number(), max: z.number() })
  .describe("Milliseconds from sending a message to its echo.");

const breakCounts = z.object({ "404": count, "foreign replica": count, closed: count });

export const breakSchema = z.object({
  session: count,
  transport: z.string(),
  kind: z
    .enum(["404", "foreign replica", "closed"])
    .describe(
      "404: a request met a replica without the session. foreign replica: another one than before answered. closed: the session ended unasked, wherever its requests went.",
    ),
  expected: z.string().describe("Replica of the session, or empty where the server names none."),
  met: z.string().describe("Replica that was met, or empty where nobody said."),
  seconds: z.number().describe("Seconds since the start of the run."),
  detail: z.string(),
});

const sessionSchema = z.object({
  session: count,
  source: z.string(),
  transports: z.array(z.enum(TRANSPORTS)).describe("Transports used, in order."),
  replicas: z.array(z.string()).describe("Replicas met, in order."),
  reconnects: count,
  sent: count,
  echoed: count,
  doubled: count,
  lost: count,
  chances: count.describe("Connections that could have gone astray."),
  breaks: breakCounts,
  awayMs: z
    .number()
    .describe("Longest time from a broken session to the next echo, or to the end of the run."),
  latency,
});

const replicaSchema = z.object({
  replica: z.string(),
  sessions: count.describe("Sessions that it had first."),
  sources: count,
  share: z.number().describe("Its part of the sessions, 0 to 1."),
  skew: z.number().describe("Its part compared to an even one; 1 is even."),
});

export const reportSchema = z
  .object({
    version: z.literal(REPORT_VERSION),
    url: z.string(),
    started: z.iso.datetime(),
    scenario: z.enum(SCENARIOS),
    seconds: z.number(),
    seed: count,
    verdict: z.enum(["sticky", "not sticky", "inconclusive"]),
    reasons: z.array(z.string()),
    chances: count.describe("Connections that could have gone astray."),
    caught: z
      .number()
      .describe("Likelihood, 0 to 1, that a front straying once in 200 would have been caught."),
    totals: z.object({
      sessions: count,
      reconnects: count,
      sent: count,
      echoed: count,
      doubled: count,
      lost: count,
      awayMs: z.number(),
      latency,
    }),
    breaks: breakCounts,
    firstBreaks: z.array(breakSchema).describe("The first ten."),
    replicas: z.array(replicaSchema),
    sessions: z.array(sessionSchema),
    timeline: z
      .array(z.object({ seconds: z.number(), replica: z.string(), sessions: count }))
      .describe("Open sessions by replica over time."),
    histogram: z.array(z.object({ fromMs: z.number(), toMs: z.number(), echoes: count })),
  })
  .meta({ title: "Stickiness report", description: "What `npm run verify` saw." });

export type Break = z.output<typeof breakSchema>;
export type SessionResult = z.output<typeof sessionSchema>;
export type ReplicaResult = z.output<typeof replicaSchema>;
export type Report = z.output<typeof reportSchema>;
export type Verdict = Report["verdict"];

/** The report's JSON schema, as it stands in `report.schema.json`. */
export function reportJsonSchema(): unknown {
  return z.toJSONSchema(reportSchema);
}
