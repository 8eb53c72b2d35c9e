import { setTimeout as sleep } from "node:timers/promises";
import { Breaks } from "./breaks.ts";
import { causeOf } from "./causes.ts";
import { createPauses } from "./choices.ts";
import { KINDS } from "./kinds.ts";
import { Latencies } from "./latencies.ts";
import type { VerifyOptions } from "./options.ts";
import type { Break } from "./report.ts";
import type { Subject } from "./subject.ts";
import { Timeline } from "./timeline.ts";
import { unitOf } from "./units.ts";
import { ANSWER_MS } from "./visits/limit.ts";

/** How often the open sessions are counted, in milliseconds. */
const SAMPLE_MS = 500;

/** Part of the duration over which sessions are opened. */
const RAMP = 0.1;

/** How often `reconnect` drops every connection in a run. */
const INTERRUPTIONS = 4;

/** When `rollout` has the replicas rolled, as a part of the duration. */
const ROLL_AT = 0.2;

/** Milliseconds for which a roll-out that the verifier started may continue after the duration. */
const MAX_ROLL_MS = 120_000;

/** Messages or requests of a session that may wait for an answer; beyond that, it sends no more. */
const MAX_WAITING = 1000;

/** The observations of a run. */
export interface Seen {
  started: Date;
  seconds: number;
  subjects: readonly Subject[];
  breaks: Breaks;
  timeline: Timeline;
  /** Whether it was ended before its time. */
  interrupted: boolean;
  /** All round trips. */
  latencies: Latencies;
}

/**
 * Runs a scenario for its duration, and until the roll-out that it started has ended, or until `signal` aborts it.
 *
 * @param onProgress called with every sample
 */
export async function run(
  options: VerifyOptions,
  onProgress: (seen: Seen) => void,
  signal: AbortSignal,
): Promise<Seen> {
  const started = new Date();
  const clock = (): number => (Date.now() - started.getTime()) / 1000;
  const breaks = new Breaks(options);
  const latencies = new Latencies();
  const timeline = new Timeline();
  let sample = { latencies: new Latencies(), breaks: 0 };
  const subjects = KINDS[options.kind].createSubjects(options, {
    clock,
    onBreak: (each: Break) => {
      breaks.add(each);
      sample.breaks += 1;
    },
    onAnswered: (milliseconds) => sample.latencies.add(milliseconds),
  });
  const seen = (): Seen => ({
    ...{ started, subjects, breaks, timeline, latencies },
    seconds: clock(),
    interrupted: signal.aborted,
  });
  const addSample = (replicas = openByReplica(subjects)): void => {
    latencies.addAll(sample.latencies.counts());
    timeline.add({ ...sample, seconds: clock(), replicas });
    sample = { latencies: new Latencies(), breaks: 0 };
  };
  const sampling = setInterval(() => {
    addSample();
    onProgress(seen());
  }, SAMPLE_MS);

  // Equal pauses would let a round-robin front send each session to the same replica every time.
  const pause = createPauses(1000 / options.rate, options.seed);
  const timers = subjects.map((subject, index) =>
    sendFrom(subject, startOf(options, index), pause),
  );
  const disturbances = disturb(options, subjects);
  await sleep(options.duration * 1000, undefined, { signal }).catch(() => undefined);
  await moved(options, subjects, signal);
  disturbances.forEach((timer) => clearTimeout(timer));
  timers.forEach((stop) => stop());
  await settle(subjects);
  clearInterval(sampling);
  const open = openByReplica(subjects);
  subjects.forEach((subject) => subject.close());
  addSample(open);
  return seen();
}

/** Sessions start one after the other, which keeps the load even. */
function startOf({ duration, sessions }: VerifyOptions, index: number): number {
  return (duration * 1000 * RAMP * index) / sessions;
}

function sendFrom(subject: Subject, start: number, pause: () => number): () => void {
  const send = (): void => {
    if (subject.waiting < MAX_WAITING) {
      subject.send();
    }
    timer = setTimeout(send, pause());
  };
  let timer = setTimeout(send, start);
  return () => clearTimeout(timer);
}

/** Schedules what a scenario does to the sessions or to the replicas. */
function disturb(
  { duration, rollPid, scenario, transports }: VerifyOptions,
  subjects: readonly Subject[],
): NodeJS.Timeout[] {
  const all = (): void => subjects.forEach((subject) => subject.interrupt());
  const every = (times: number): NodeJS.Timeout[] =>
    Array.from({ length: times }, (_, index) =>
      setTimeout(all, (duration * 1000 * (index + 1)) / (times + 1)),
    );
  switch (scenario) {
    case "steady":
    case "scale":
    case "soak":
      return [];
    case "reconnect":
      return every(INTERRUPTIONS);
    case "fallback":
      return every(transports.length);
    case "rollout":
      return rollPid === undefined
        ? []
        : [setTimeout(() => roll(rollPid), duration * 1000 * ROLL_AT)];
  }
}

/** Has the local run roll its replicas; if it has ended, the report shows that none was replaced. */
function roll(pid: number): void {
  try {
    process.kill(pid, "SIGUSR2");
  } catch (error) {
    console.error(`process ${pid} cannot roll its replicas: ${causeOf(error).words}`);
  }
}

/** Waits until the roll-out that the verifier started has moved every session; the time depends on the computer. */
async function moved(
  options: VerifyOptions,
  subjects: readonly Subject[],
  signal: AbortSignal,
): Promise<void> {
  if (options.rollPid === undefined || unitOf(options) !== "session") {
    return;
  }
  const deadline = Date.now() + MAX_ROLL_MS;
  while (
    !signal.aborted &&
    Date.now() < deadline &&
    subjects.some((subject) => subject.result().reconnects === 0)
  ) {
    await sleep(SAMPLE_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function settle(subjects: readonly Subject[]): Promise<void> {
  const deadline = Date.now() + ANSWER_MS;
  while (Date.now() < deadline && subjects.some(({ waiting }) => waiting > 0)) {
    await sleep(SAMPLE_MS / 10);
  }
}

function openByReplica(subjects: readonly Subject[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { isOpen, replica } of subjects) {
    if (isOpen) {
      counts.set(replica, (counts.get(replica) ?? 0) + 1);
    }
  }
  return counts;
}
