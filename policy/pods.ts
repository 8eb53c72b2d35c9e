import * as k8s from "@pulumi/kubernetes";
import { validateResourceOfType, type ResourceValidationPolicy } from "@pulumi/policy";
import { containersOf, podTemplateOf } from "./kubernetes.ts";
import { named } from "./stack.ts";
import { demand, known, UNKNOWN } from "./violation.ts";

const ENFORCE = "pod-security.kubernetes.io/enforce";

/** Names that say of what they hold that nobody may read it. */
const SECRET_NAME =
  /password|passwd|passphrase|(^|_|pg)pass(_|$)|secret|token|credential|(private|api|access|encryption|signing|session|jwt)_?key|database_url/i;

/** Values that give access by themselves: a URL with a password, a private key, an AWS access key. */
const SECRET_VALUE =
  /:\/\/[^\s/:@]*:[^\s/@]+@|-----BEGIN [A-Z ]*PRIVATE KEY-----|\b(AKIA|ASIA)[A-Z\d]{16}\b/;

const ALLOWED = "allowed is an entry of a Secret";
const FIX = "put it into a Secret and take it from there by envFrom or secretKeyRef";

/** Source: https://kubernetes.io/docs/concepts/security/pod-security-admission/ */
export const restrictedNamespaces: ResourceValidationPolicy = {
  name: "restricted-namespaces",
  description:
    "Every namespace refuses pods that are not under the Pod Security Standard restricted.",
  validateResource: validateResourceOfType(k8s.core.v1.Namespace, (namespace, args, report) =>
    demand(report, {
      what: `label ${ENFORCE} of ${named(args)}`,
      value: () => namespace.metadata?.labels?.[ENFORCE],
      holds: (level) => level === "restricted",
      allowed: `"restricted"`,
      fix: "add the label, also where no pods are meant to run",
    }),
  ),
};

export const plainEnvironment: ResourceValidationPolicy = {
  name: "no-plain-secrets",
  description:
    "No secret is in a plain environment: whoever may look at pods or ConfigMaps would read it.",
  validateResource: (args, report) => {
    const template = podTemplateOf(args);
    for (const container of template === undefined ? [] : containersOf(template)) {
      for (const variable of container.env ?? []) {
        const what = `environment ${variable.name} of container ${container.name} in ${named(args)}`;
        const value = known(() => variable.value);
        if (value === UNKNOWN) {
          report(
            `${what} is known only after pulumi up: allowed are plain values, of which every preview can tell that they are no secrets; ${FIX}`,
          );
        } else if (isSecret(variable.name, value)) {
          report(`${what} is a secret in plain text: ${ALLOWED}; ${FIX}`);
        }
      }
    }
    const data = args.asType(k8s.core.v1.ConfigMap)?.data ?? {};
    for (const name of Object.keys(data)) {
      // Configurations may name what is made only later, such as a namespace.
      const value = known(() => data[name]);
      if (value !== UNKNOWN && isSecret(name, value)) {
        report(`entry ${name} of ${named(args)} is a secret in plain text: ${ALLOWED}; ${FIX}`);
      }
    }
  },
};

function isSecret(name: string, value: string | undefined): boolean {
  return (value ?? "") !== "" && (SECRET_NAME.test(name) || SECRET_VALUE.test(value ?? ""));
}
