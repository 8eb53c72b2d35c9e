import { deepEqual, equal, match, ok } from "node:assert/strict";
import { RECORD } from "./providers/aws/dns.ts";
import { Account, TIMEOUT_MS } from "./support/account.ts";
import { Stack } from "./support/stack.ts";

const CERTIFICATE = "aws:acm/certificate:Certificate";

const echo = (changes: object = {}) => ({ app: "echo", dnsName: "echo.example.com", ...changes });

/** Settings with a certificate for each DNS name. */
const settings = (...workloads: object[]) => ({
  image: "registry.example/app:1",
  hostedZoneId: "Z0123456789ABC",
  workloads,
});

describe("DNS names, under a real engine", function () {
  this.timeout(TIMEOUT_MS);
  let account: Account;
  let first: Stack;
  let second: Stack;

  before(async () => {
    account = await Account.open();
    first = await Stack.open(account, "dev", { changes: settings(echo()) });
    const changes = { ...settings(echo()), "aws:region": "eu-west-1" };
    second = await Stack.open(account, "other", { like: "dev", changes });
  });
  after(() => account.close());

  const up = async (stack: Stack) => {
    const run = await stack.up();
    ok(run.succeeded, run.output);
    const steps = run.steps.filter(({ type }) => !type.startsWith("sockjs-sticky:"));
    return steps.map(({ op, type, name }) => `${op} ${type.split(":").at(-1)} ${name}`);
  };

  /** DNS records of the account by what identifies them: zone, name, type and role. */
  const records = () =>
    account.cloud
      .all(RECORD)
      .map(({ key }) => key.replace(/_[0-9a-f]{32}/, "_token"))
      .toSorted();
  const VALIDATION = "Z0123456789ABC__token.echo.example.com_CNAME";
  const ALIAS = "Z0123456789ABC_echo.example.com_A";

  it("get certificates, which other workloads do not change", async () => {
    await up(first);
    deepEqual(records(), [VALIDATION, ALIAS]);
    const steps = await up(first);
    deepEqual(steps, []);
    const made = await first.resources();
    const validation = made.find(({ type }) => type.endsWith(":CertificateValidation"));
    equal(validation?.customTimeouts?.create, 15 * 60);
    first.configure(settings(echo(), echo({ name: "two", dnsName: "two.example.com" })));
    const more = await up(first);
    deepEqual(
      more.filter((step) => /Certificate |Record /.test(step)),
      ["two.example.com", "two.example.com-validation", "two.example.com"].map(
        (name, index) => `create ${index === 0 ? "Certificate" : "Record"} ${name}`,
      ),
    );
    equal(account.cloud.all(CERTIFICATE).length, 2);
    first.configure(settings(echo()));
    await up(first);
    equal(account.cloud.all(CERTIFICATE).length, 1);
  });

  it("stay with their certificate and record when the workload gets another name", async () => {
    first.configure(settings(echo({ name: "other" })));
    const steps = await up(first);
    deepEqual(
      steps.filter((step) => / (Certificate|Record) /.test(step)),
      ["update Record echo.example.com"],
    );
    first.configure(settings(echo()));
    await up(first);
  });

  it("cannot be those of another stack, before anything is created", async () => {
    const { operations } = account.cloud;
    const before = operations.length;
    for (const changes of [{}, { routing: { failover: "secondary" } }]) {
      second.configure({ ...settings(echo(changes)), "aws:region": "eu-west-1" });
      const { succeeded, output } = await second.up();
      equal(succeeded, false);
      match(output, /it must be a name without a record of others; it has one of type A/);
    }
    equal(operations.length, before);
  });

  it("are shared by two regions after the first stack has become the primary one, in place", async () => {
    first.configure(settings(echo({ routing: { failover: "primary" } })));
    deepEqual(await up(first), ["update Record echo.example.com"]);
    const secondary = settings(echo({ routing: { failover: "secondary" } }));
    second.configure({ ...secondary, "aws:region": "eu-west-1" });
    await up(second);
    deepEqual(
      account.cloud.all(RECORD).flatMap(({ outputs }) => outputs.failoverRoutingPolicies ?? []),
      [{ type: "PRIMARY" }, { type: "SECONDARY" }],
    );
    deepEqual(await up(first), []);
    deepEqual(await up(second), []);
  });

  it("stay with the other region when one is destroyed, and leave only validation records when both are", async () => {
    ok((await first.destroy()).succeeded);
    const two = VALIDATION.replace("echo", "two");
    deepEqual(records(), [VALIDATION, two, `${ALIAS}_secondary`]);
    deepEqual(await up(second), []);
    ok((await second.destroy()).succeeded);
    deepEqual(
      account.cloud.things.map(({ type }) => type),
      [RECORD, RECORD],
    );
  });
});
