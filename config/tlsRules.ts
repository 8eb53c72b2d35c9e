import type { Fault } from "../app/contract/fault.ts";
import { cut } from "../app/contract/shown.ts";
import { tlsIdleFault } from "../components/front/nlbAnnotations.ts";
import { certificateToCreate, dnsFault, hasTls } from "../components/front/tls.ts";
import type { Settings } from "./stackSettings.ts";
import type { WorkloadDraft } from "./workloadSettings.ts";

/** The longest name for which ACM issues a certificate. */
const MAX_CERTIFICATE_NAME = 64;

/** What is wrong between a workload's settings, its DNS name and TLS. */
export function tlsFaults(workload: WorkloadDraft, stack: Partial<Settings>): Fault[] {
  const isKnown =
    "dnsName" in workload &&
    ["certificateArn", "hostedZoneId"].every((setting) => setting in stack);
  return isKnown
    ? [
        dnsFault({ dnsName: workload.dnsName, hostedZoneId: stack.hostedZoneId }),
        ...[longNameFault, siteFault, idleFault].map((rule) => rule(workload, stack)),
      ].filter((fault) => fault !== undefined)
    : [];
}

/** Workloads whose clients send everything over the internet in plain text. Undefined if there are none. */
export function plainTextFault(
  workloads: readonly WorkloadDraft[],
  stack: Settings,
): Fault | undefined {
  const plain = workloads
    .filter(({ dnsName }) => !hasTls({ ...stack, dnsName }))
    .map(({ name }) => name);
  return stack.scheme === "internet-facing" && plain.length > 0
    ? {
        name: "workloads",
        problem: `has load balancers on the internet without TLS: ${cut(plain.join(", "))}`,
        mustBe:
          "a list of workloads with TLS, or anyone on the network path can read and change everything",
        fix: "set hostedZoneId and their dnsName, or certificateArn",
      }
    : undefined;
}

function longNameFault(
  { dnsName }: WorkloadDraft,
  { certificateArn, hostedZoneId }: Partial<Settings>,
): Fault | undefined {
  const created = certificateToCreate({ certificateArn, hostedZoneId, dnsName });
  return created !== undefined && created.dnsName.length > MAX_CERTIFICATE_NAME
    ? {
        name: "dnsName",
        got: dnsName,
        mustBe: `at most ${MAX_CERTIFICATE_NAME} characters long, because ACM limits the first name of a certificate`,
        fix: "set certificateArn, or shorten dnsName",
      }
    : undefined;
}

/** Browsers send cookies from a page of another site only over TLS. */
function siteFault(workload: WorkloadDraft, stack: Partial<Settings>): Fault | undefined {
  const { affinity, allowedOrigins = [], dnsName } = workload;
  return affinity === "cookie" && !hasTls({ ...stack, dnsName }) && allowedOrigins.length > 0
    ? {
        name: "allowedOrigins",
        got: allowedOrigins,
        mustBe:
          "empty with affinity cookie and without TLS, because browsers send cookies to another site only over TLS",
        fix: "set dnsName and hostedZoneId, or certificateArn, or affinity to key",
      }
    : undefined;
}

/** AWS fixes the idle time of TLS listeners of a Network Load Balancer. The key router behind one may have a shorter one. */
function idleFault(workload: WorkloadDraft, stack: Partial<Settings>): Fault | undefined {
  const { affinity, dnsName, idleTimeoutSeconds: seconds } = workload;
  return hasTls({ ...stack, dnsName }) &&
    affinity !== undefined &&
    affinity !== "cookie" &&
    seconds !== undefined
    ? tlsIdleFault(seconds, affinity)
    : undefined;
}
