import { z } from "zod";
import { KIND_NAMES, SCENARIOS } from "./kinds.ts";
import { UNITS } from "./units.ts";

/** Version of the report's format; the first number changes with incompatible changes. */
export const REPORT_VERSION = "3.0";

const count = z.int().min(0);

const latency = z
  .object({ p50: z.number(), p99: z.number(), max: z.number() })
  .describe("Milliseconds from sending a message to its echo, or a request to its answer.");

const runSchema = z.object({
  id: z.uuid().describe("Identifies the run: the same run cannot be merged twice."),
  network: z.string().describe("Where the verifier ran, as in --network."),
  started: z.iso.datetime(),
  seconds: z.number(),
  interrupted: z.boolean().describe("Whether it was ended before its time."),
  seed: count,
});

const breakCounts = z.object({
  "unknown session": count,
  "foreign replica": count,
  closed: count,
  unanswered: count,
});

export const breakSchema = z.object({
  session: count,
  transport: z.string().describe("Empty if the kind has only one."),
  kind: z
    .enum(["unknown session", "foreign replica", "closed", "unanswered"])
    .describe(
      "unknown session: a request reached a replica without the session. foreign replica: a different replica than before answered. closed: the session ended unexpectedly. unanswered: no replica answered a visit.",
    ),
  expected: z.string().describe("Replica of the session, or empty where the server names none."),
  met: z.string().describe("Replica that answered; empty if it is not known."),
  seconds: z.number().describe("Seconds since the start of the run."),
  detail: z.string(),
});

const sessionVisitsSchema = z.object({
  key: z.string().optional().describe("The key that all its requests were about."),
  errors: count.describe("Responses with a 5xx status."),
  repeated: count.describe("Requests retried after a 503 with Retry-After."),
  hasCookie: z.boolean().describe("Whether a client of it got a cookie that it could send back."),
  lastAnswers: count.describe(
    "Answers in the last fifth of the run, when a roll-out has to be over.",
  ),
  lastReplicas: z.array(z.string()).describe("Replicas that gave them, the first 100."),
});

const sessionSchema = z.object({
  session: count,
  run: count.describe("Its run: an index in `runs`."),
  source: z
    .string()
    .describe("Address that it came from, or addresses with commas; empty if the system chose."),
  transports: z.array(z.string()).describe("Transports used, in order."),
  replicas: z
    .array(z.string())
    .describe("Different replicas met, in the order of their first answers; the first 100."),
  moves: count.describe("How often the answering replica changed."),
  stays: z
    .array(z.object({ seconds: z.number(), replica: z.string() }))
    .describe("Each replica that answered after another one, and since when; the first 100."),
  reconnects: count,
  sent: count,
  echoed: count,
  doubled: count,
  lost: count,
  chances: count.describe("Connections that could have gone astray."),
  breaks: breakCounts,
  breaksAt: z
    .array(z.number())
    .describe("When they were, in seconds since the start of the run; the first 100."),
  awayMs: z
    .number()
    .describe("Longest time from a broken session to the next echo, or to the end of the run."),
  latency,
  visits: sessionVisitsSchema.optional().describe("Of a client or key."),
});

const visitsSchema = z.object({
  cookieJar: z
    .enum(["on", "off"])
    .optional()
    .describe("If not set, clients keep cookies and need none, and keys have none."),
  key: z
    .string()
    .optional()
    .describe(
      "Where requests carry the key, if each session is a key: path, query:NAME, header:NAME or json:NAME.",
    ),
  errors: count,
  repeated: count,
});

const replicaSchema = z.object({
  replica: z.string(),
  sessions: count.describe("Sessions whose first response it sent."),
  sources: count,
  share: z.number().describe("Its part of the sessions, 0 to 1."),
  skew: z
    .number()
    .describe(
      "Its part compared to an even one over the replicas that sessions had first; 1 is even.",
    ),
});

export const reportSchema = z
  .object({
    version: z.literal(REPORT_VERSION),
    url: z.string(),
    kind: z.enum(KIND_NAMES),
    unit: z.enum(UNITS).describe("What each of the sessions in this report is."),
    replica: z.string().describe("Where replicas are named, as in --replica."),
    scenario: z.enum(SCENARIOS),
    maxFailures: z.number().describe("Percentage of failures that the verdict tolerates."),
    runs: z.array(runSchema).min(1).max(1000).describe("One, or those that were merged."),
    verdict: z.enum(["sticky", "not sticky", "inconclusive", "cannot be judged"]),
    reasons: z.array(z.string()),
    chances: count.describe("Connections that could have gone astray."),
    detectableRate: z
      .number()
      .describe("Rate of strays, 0 to 1, from which on the run finds one with 99 % certainty."),
    totals: z.object({
      sessions: count,
      reconnects: count,
      moves: count,
      sent: count,
      echoed: count,
      doubled: count,
      lost: count,
      awayMs: z.number(),
      latency,
    }),
    breaks: breakCounts,
    visits: visitsSchema.optional().describe("If each session is a client or a key."),
    firstBreaks: z
      .array(breakSchema)
      .max(1000)
      .describe("The first ten; in a roll-out of clients or keys the first of those that count."),
    replicas: z.array(replicaSchema),
    sessions: z.array(sessionSchema),
    timeline: z
      .array(
        z.object({
          seconds: z.number(),
          replicas: z.record(z.string(), count).describe("Open sessions by replica."),
          answers: count,
          latency,
          breaks: count,
        }),
      )
      .describe("What happened since the entry before; empty in a merged report."),
    thirds: z
      .array(z.object({ answers: count, latency, breaks: count }))
      .optional()
      .describe("In scenario soak: the thirds of the run."),
    latencies: z
      .array(z.tuple([z.number(), count]))
      .describe("Round trips: milliseconds, in three digits, and how many took them."),
  })
  .meta({ title: "Stickiness report", description: "The result of a run of the verifier." });

export type Break = z.output<typeof breakSchema>;
export type SessionResult = z.output<typeof sessionSchema>;
export type VisitsResult = z.output<typeof visitsSchema>;
export type ReplicaResult = z.output<typeof replicaSchema>;
export type Report = z.output<typeof reportSchema>;
export type Verdict = Report["verdict"];

/** The report's JSON schema, as it stands in `report.schema.json`. */
export function reportJsonSchema(): unknown {
  return z.toJSONSchema(reportSchema);
}
