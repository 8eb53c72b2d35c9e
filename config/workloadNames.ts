import { APP_NAMES } from "../app/contract/catalogue.ts";
import type { Fault } from "../app/contract/fault.ts";
import { shown } from "../app/contract/shown.ts";
import type { WorkloadDraft } from "./workloadSettings.ts";

/** Namespaces of Kubernetes, of Fargate's log router and of the program itself. */
const RESERVED = /^(default|kube-.*|aws-observability|sockjs-sticky-.*)$/;

/** Names that components derive from a workload's, for a second load balancer, routers, replicas and a Secret. */
const SUFFIXES = ["internal", "router", "replicas", "database", "secrets"];

/** What is wrong with workloads' names, each valid by itself. */
export function nameFaults(workloads: readonly WorkloadDraft[], list: string): Fault[] {
  const names = workloads.map(({ name }) => name);
  return names.flatMap((name, index): Fault[] => {
    const setting = { name: `${list}[${index}].name`, got: name };
    if (name === undefined) {
      return [];
    }
    if (RESERVED.test(name)) {
      const mustBe =
        "none of default, kube-…, aws-observability and sockjs-sticky-…, which are other namespaces";
      return [{ ...setting, mustBe }];
    }
    if (workloads[index]?.app === undefined && APP_NAMES.some((app) => app === name)) {
      const mustBe = "another name, because it is that of a built-in app";
      return [{ ...setting, mustBe, example: `my-${name}` }];
    }
    const other = names.find((each) =>
      SUFFIXES.some((suffix) => each !== undefined && `${each}-${suffix}` === name),
    );
    return other === undefined
      ? []
      : [
          {
            ...setting,
            mustBe: `another name, because objects of workload ${shown(other)} have it`,
          },
        ];
  });
}
