import type { ResourceValidationPolicy } from "@pulumi/policy";
import { objectsOf } from "./kubernetes.ts";
import { named } from "./stack.ts";
import { demand } from "./violation.ts";

const ENFORCE = "pod-security.kubernetes.io/enforce";

/** The part of a namespace that decides which pods it accepts. */
interface Namespace {
  metadata?: { labels?: Partial<Record<string, unknown>> | null } | null;
}

/** Source: https://kubernetes.io/docs/concepts/security/pod-security-admission/ */
export const restrictedNamespaces: ResourceValidationPolicy = {
  name: "restricted-namespaces",
  description:
    "Every namespace refuses pods that are not under the Pod Security Standard restricted.",
  validateResource: (args, report) => {
    for (const { isPatch, object } of objectsOf(args, "Namespace")) {
      const { metadata } = object as Namespace;
      // A patch does not change what it does not name.
      if (!isPatch || metadata?.labels?.[ENFORCE] !== undefined) {
        demand(report, {
          name: `label ${ENFORCE} of ${named(args)}`,
          value: () => metadata?.labels?.[ENFORCE],
          holds: (level) => level === "restricted",
          mustBe: `"restricted"`,
          fix: "add the label, even if no pods are to run there",
        });
      }
    }
  },
};
