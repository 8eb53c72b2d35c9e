import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { sentencesOf, type Fault } from "../app/contract/fault.ts";
import { stackResources } from "../components/stackResources.ts";
import type { Config } from "./config.ts";
import { ifFound } from "./ifFound.ts";
import { stackName, type LastUp } from "./lossGuard.ts";
import type { WorkloadSettings } from "./workloadSettings.ts";

/** A record set of a zone; its name ends with a dot. */
type RecordSet = Pick<
  aws.types.output.route53.GetRecordsResourceRecordSet,
  "name" | "type" | "setIdentifier"
>;

/**
 * Rejects, before anything is created, a hosted zone that does not contain the workloads' DNS names, in which they already
 * have records of others, or in which ACM cannot find its records.
 *
 * @throws pulumi.RunError naming every fault at once
 */
export async function checkHostedZone(
  config: Config,
  lastUp: LastUp | undefined,
  opts: pulumi.InvokeOptions,
): Promise<void> {
  const { hostedZoneId } = config.tls;
  const faults =
    hostedZoneId === undefined ? [] : await zoneFaults(hostedZoneId, config, lastUp, opts);
  if (faults.length > 0) {
    throw new pulumi.RunError(sentencesOf(faults));
  }
}

async function zoneFaults(
  zoneId: string,
  { tls, workloads }: Config,
  lastUp: LastUp | undefined,
  opts: pulumi.InvokeOptions,
): Promise<Fault[]> {
  const fault = { name: "hostedZoneId", got: zoneId };
  const zone = await ifFound(aws.route53.getZone({ zoneId }, opts));
  if (zone === undefined) {
    return [{ ...fault, mustBe: "a hosted zone of this AWS account" }];
  }
  const names = workloads.flatMap(({ dnsName = [] }) => dnsName);
  const records = await recordsAbove(names, zone, zoneId, opts);
  const own = await ownNames(lastUp);
  const nameFaults = workloads.map((workload, index) => {
    const fault = nameFault(workload, zone.name, records, own);
    return fault && { name: `workloads[${index}].dnsName`, got: workload.dnsName, ...fault };
  });
  const isUnvalidated = zone.privateZone === true && tls.certificateArn === undefined;
  return [
    isUnvalidated && {
      ...fault,
      mustBe: `a public zone, because ACM cannot find records in the private zone ${zone.name}`,
      fix: "set a public zone, or certificateArn",
    },
    ...nameFaults,
  ].filter((each) => typeof each === "object");
}

/** The records of names and of all names above them, up to the zone's own. */
async function recordsAbove(
  names: readonly string[],
  zone: { name: string },
  zoneId: string,
  opts: pulumi.InvokeOptions,
): Promise<RecordSet[]> {
  const above = names.flatMap((name) => {
    const labels = name.split(".");
    return labels.map((_, index) => labels.slice(index).join("."));
  });
  const within = above.filter((name) => isWithin(name, zone.name));
  const nameRegex = `^(${[...new Set(within)].join("|").replaceAll(".", "\\.")})\\.$`;
  const { resourceRecordSets } = await aws.route53.getRecords({ zoneId, nameRegex }, opts);
  return resourceRecordSets;
}

/** DNS names that this stack gave to load balancers, even if its last update failed. */
async function ownNames(lastUp: LastUp | undefined): Promise<unknown[]> {
  const resources = await stackResources(stackName()).catch((error: unknown) => {
    // The engine fails for a stack that has never been updated.
    if (lastUp === undefined) {
      return {};
    }
    throw error;
  });
  return Object.values(resources)
    .filter(({ type }) => type === "aws:route53/record:Record")
    .map(({ outputs }) => outputs.name);
}

function nameFault(
  { dnsName, routing }: WorkloadSettings,
  zone: string,
  records: readonly RecordSet[],
  own: readonly unknown[],
): Omit<Fault, "name"> | undefined {
  if (dnsName === undefined) {
    return undefined;
  }
  if (!isWithin(dnsName, zone)) {
    return { mustBe: `in the zone ${zone}` };
  }
  const delegation = records.find(
    ({ name, type }) => type === "NS" && name !== `${zone}.` && isWithin(`${dnsName}.`, name),
  );
  if (delegation !== undefined) {
    const delegated = delegation.name.slice(0, -1);
    return {
      mustBe: `outside of ${delegated}, because ${zone} delegates it to another zone`,
      fix: `set hostedZoneId to the zone ${delegated}`,
    };
  }
  const taken = records.find(
    ({ name, type, setIdentifier }) =>
      name === `${dnsName}.` &&
      (type === "CNAME" ||
        (type === "A" && (!setIdentifier || setIdentifier === routing?.failover || !routing))),
  );
  return taken === undefined || own.includes(dnsName)
    ? undefined
    : {
        mustBe: `a name without a record of others; it has one of type ${taken.type}`,
        fix: routing
          ? "set another routing in the stack that has it, or delete it"
          : "delete it, or choose another name",
      };
}

/** Whether a name is a zone's own, or below it. */
function isWithin(name: string, zone: string): boolean {
  return `.${name}`.endsWith(`.${zone}`);
}
