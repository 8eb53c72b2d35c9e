import { equal, rejects } from "node:assert/strict";
import { pino } from "pino";
import { Registry } from "prom-client";
import { MissingError, TooCostlyError } from "../../../app/document/content/integration.ts";
import { createDocumentMetrics } from "../../../app/document/metrics.ts";
import { textSchema } from "../../../app/document/page/textSchema.ts";
import { Workshop } from "../../../app/document/worker/workshop.ts";
import { base, crowded, crowdedBit } from "./documentAttacks.ts";
import { LIMITS } from "../../drivers/documentServer.ts";
import { waitFor } from "../../drivers/waitFor.ts";

describe("the thread for work that may take long", () => {
  const workshops: Workshop[] = [];

  const start = (times: ConstructorParameters<typeof Workshop>[3]): Workshop => {
    const metrics = createDocumentMetrics(new Registry(), {
      documents: () => 0,
      connections: () => 0,
    });
    const data = { schema: textSchema(), maxBytes: LIMITS.maxDocumentBytes };
    const workshop = new Workshop(data, metrics, pino({ level: "silent" }), times);
    workshops.push(workshop);
    return workshop;
  };

  const judge = (workshop: Workshop, update: Uint8Array): Promise<unknown> =>
    workshop.run("judge", "a document", () => Promise.resolve({ updates: [base()], update }));

  afterEach(async () => {
    await Promise.all(workshops.splice(0).map((each) => each.close()));
  });

  it("starts with the first job, and ends when it has had none for a while", async () => {
    const workshop = start({ idleMs: 50 });
    equal(workshop.isRunning, false);
    await judge(workshop, crowded(10));
    equal(workshop.isRunning, true);
    await waitFor("it has ended", () => !workshop.isRunning);
    await judge(workshop, crowded(10));
    equal(workshop.isRunning, true);
  });

  it("is ended when a job takes too long, which the next one does not notice", async () => {
    const workshop = start({ maxJobMs: 1500 });
    // Nobody has ever tried these: there is no limit to what it takes to renew a document.
    const endless = workshop.run("renew", "one", () =>
      Promise.resolve({ updates: [base(), crowded(60_000)] }),
    );
    const next = judge(workshop, crowded(10));
    await rejects(endless, TooCostlyError);
    await next;
  });

  it("says what an update needs that is not there yet", async () => {
    const [, later = new Uint8Array()] = crowdedBit(40, 10);
    await rejects(judge(start({}), later), MissingError);
  });

  it("gives up its jobs when it is closed", async () => {
    const workshop = start({});
    const jobs = [judge(workshop, crowded(10)), judge(workshop, crowded(10))];
    const refused = jobs.map((job) => rejects(job, { kind: "closing" }));
    await workshop.close();
    await Promise.all(refused);
    equal(workshop.isRunning, false);
  });
});
