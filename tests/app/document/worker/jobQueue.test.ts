import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { pino } from "pino";
import { Registry } from "prom-client";
import { Content } from "../../../../app/document/content/content.ts";
import { MissingError, TooCostlyError } from "../../../../app/document/content/integration.ts";
import { Scheduler } from "../../../../app/document/content/scheduler.ts";
import { UpdateValidator } from "../../../../app/document/validation/updateValidator.ts";
import { DocumentSchema } from "../../../../app/document/validation/documentSchema.ts";
import { maxStructs } from "../../../../app/document/limits.ts";
import { createDocumentMetrics } from "../../../../app/document/metrics.ts";
import { textSchema } from "../../../../app/document/page/textSchema.ts";
import type { UpdateStore } from "../../../../app/document/storage/updateStore.ts";
import { JobQueue } from "../../../../app/document/worker/jobQueue.ts";
import { base, crowded, crowdedBit, paragraphs } from "../documentAttacks.ts";
import { LIMITS } from "../../../drivers/documentServer.ts";
import { childrenOf, environmentOf, isAlive, processesWith } from "../../../drivers/localRun.ts";
import { waitFor } from "../../../drivers/waitFor.ts";

describe("the process for long jobs", () => {
  const workshops: JobQueue[] = [];
  const schema = textSchema();
  let log: string;

  const start = (options: ConstructorParameters<typeof JobQueue>[3]): JobQueue => {
    const metrics = createDocumentMetrics(new Registry(), {
      documents: () => 0,
      connections: () => 0,
    });
    const data = { schema, maxBytes: LIMITS.maxDocumentBytes };
    const logger = pino({}, { write: (line: string) => (log += line) });
    const workshop = new JobQueue(data, metrics, logger, options);
    workshops.push(workshop);
    return workshop;
  };

  const judge = (
    workshop: JobQueue,
    update: Uint8Array,
    updates: Uint8Array[] = [base()],
  ): Promise<unknown> =>
    workshop.run("judge", "a document", () => Promise.resolve({ updates, update }));

  /** Nobody has ever tried these: there is no limit to what it takes to renew a document. */
  const runEndlessly = (workshop: JobQueue): Promise<unknown> =>
    workshop.run("renew", "one", () => Promise.resolve({ updates: [base(), crowded(60_000)] }));

  /** The process that this one has started for the work. */
  const pidOfWorker = async (): Promise<number> => {
    const pids = (): number[] => {
      const own = childrenOf(process.pid);
      return processesWith("worker/worker.ts").filter((pid) => own.includes(pid));
    };
    await waitFor("it has started", () => pids().length === 1);
    return pids()[0] ?? 0;
  };

  beforeEach(() => (log = ""));

  afterEach(async () => {
    await Promise.all(workshops.splice(0).map((each) => each.close()));
  });

  it("starts with the first job, and stops when it has been idle for a while", async () => {
    const workshop = start({ idleMs: 50 });
    equal(workshop.isRunning, false);
    await judge(workshop, crowded(10));
    equal(workshop.isRunning, true);
    const pid = await pidOfWorker();
    await waitFor("it has ended", () => !workshop.isRunning && !isAlive(pid));
    await judge(workshop, crowded(10));
    equal(workshop.isRunning, true);
  });

  it("has no secret in its environment, and is killed first when memory runs out", async () => {
    process.env.WORKSHOP_SECRET = "hush";
    const workshop = start({});
    await judge(workshop, crowded(10));
    delete process.env.WORKSHOP_SECRET;
    const pid = await pidOfWorker();
    const names = environmentOf(pid).split("\0").slice(0, -1);
    // Those of the channel to it, and of a coverage of the tests.
    deepEqual(
      names.filter((name) => !/^NODE_(?:CHANNEL|V8_COVERAGE)/.test(name)),
      [],
    );
    equal(readFileSync(`/proc/${pid}/oom_score_adj`, "utf8"), "1000\n");
  });

  it("is stopped if a job takes too long, and the next job runs", async () => {
    const workshop = start({ maxJobMs: 5000 });
    const endless = runEndlessly(workshop);
    const next = judge(workshop, crowded(10));
    await rejects(endless, TooCostlyError);
    await next;
  });

  it("crashes if a job takes too much memory, which rejects the job, and is replaced for the next one", async () => {
    const workshop = start({ heapMib: 30 });
    const store = { read: () => Promise.resolve({ snapshot: undefined, updates: [] }) };
    const intake = new UpdateValidator("a document", new Content(new Scheduler()), {
      store: store as unknown as UpdateStore,
      jobs: workshop,
      schema: new DocumentSchema(schema),
      limits: LIMITS,
    });
    await rejects(intake.judge(paragraphs(maxStructs(LIMITS.maxDocumentBytes))), {
      kind: "memory",
      code: 4009,
      message: "an update was rejected: it takes too much memory to check",
    });
    match(log, /"level":40.*"job":"judge","heapMib":30,"msg":"a job ran out of memory"/);
    await judge(workshop, crowded(10));
  });

  it("fails its job as unavailable if it is killed, and is replaced for the next one", async () => {
    const workshop = start({});
    const endless = runEndlessly(workshop);
    const refused = rejects(endless, { kind: "unavailable", code: 4014 });
    process.kill(await pidOfWorker(), "SIGKILL");
    await refused;
    match(log, /"level":50.*"job":"renew","code":null,"signal":"SIGKILL"/);
    await judge(workshop, crowded(10));
  });

  it("accepts a document with the maximum number of elements, and rejects one more", async () => {
    const workshop = start({ maxJobMs: 60_000 });
    const most = maxStructs(LIMITS.maxDocumentBytes);
    await judge(workshop, paragraphs(most), []);
    const before = most - 5000;
    await judge(workshop, paragraphs(5000, before), [paragraphs(before)]);
    await rejects(judge(workshop, paragraphs(5001, before), [paragraphs(before)]), {
      kind: "document-bytes",
      message: `the document would have ${most + 1} items and gaps; the limit is ${most}`,
    });
    equal(log, "");
  });

  it("reports that an update depends on missing ones", async () => {
    const [, later = new Uint8Array()] = crowdedBit(40, 10);
    await rejects(judge(start({}), later), MissingError);
  });

  it("rejects jobs if too many wait, or if those that wait have too many bytes", async () => {
    const workshop = start({});
    const turn = Promise.withResolvers<undefined>();
    const wait = (bytes: number): Promise<unknown> =>
      workshop.run(
        "judge",
        "a document",
        async () => {
          await turn.promise;
          return { updates: [base()], update: crowded(10) };
        },
        bytes,
      );
    const refusal = { kind: "unavailable", code: 4014 };
    const first = wait(LIMITS.maxDocumentBytes);
    const large = Array.from({ length: 8 }, () => wait(LIMITS.maxDocumentBytes));
    await rejects(wait(1), refusal);
    const small = Array.from({ length: 42 }, () => wait(0));
    await rejects(wait(0), refusal);
    turn.resolve(undefined);
    await Promise.all([first, ...large, ...small]);
    await wait(LIMITS.maxDocumentBytes);
  });

  it("rejects its jobs when it is closed", async () => {
    const workshop = start({});
    const jobs = [judge(workshop, crowded(10)), judge(workshop, crowded(10))];
    const refused = jobs.map((job) => rejects(job, { kind: "closing" }));
    await workshop.close();
    await Promise.all(refused);
    equal(workshop.isRunning, false);
  });
});
