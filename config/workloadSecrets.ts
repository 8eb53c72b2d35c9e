import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { SECRET, type Fault } from "../app/contract/fault.ts";
import type { WorkloadDraft } from "./workloadSettings.ts";

/** Secret values by workload and variable. */
export type WorkloadSecrets = Readonly<Record<string, Record<string, pulumi.Output<string>>>>;

/** Pulumi reads digits as a number, and true as a boolean. */
const VALUE = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const VALUES = z.record(z.string(), z.record(z.string(), VALUE));

/**
 * Checks the values of workloads' secrets. No message contains one.
 *
 * @param raw the setting `secrets`: values by workload and variable
 * @param isEncrypted whether it is encrypted in the stack file
 */
export function checkSecrets(
  raw: unknown,
  isEncrypted: boolean,
  workloads: readonly WorkloadDraft[],
): { secrets: WorkloadSecrets; faults: Fault[] } {
  const parsed = VALUES.safeParse(raw ?? {});
  const wanted = workloads.flatMap(({ name, secrets = [] }) =>
    name === undefined ? [] : secrets.map((variable) => ({ name, variable })),
  );
  if (!parsed.success) {
    const mustBe = "values by workload and variable";
    const fault = { name: "secrets", got: SECRET, mustBe, fix: commandOf("my-chat", "API_KEY") };
    return { secrets: {}, faults: [fault] };
  }
  const values = parsed.data;
  const missing = wanted
    .filter(({ name, variable }) => !isSet(values, name, variable))
    .map(({ name, variable }) => ({
      name: `secrets.${name}.${variable}`,
      problem: "is not set",
      mustBe: `set, because workload ${name} lists ${variable} in its secrets`,
      fix: commandOf(name, variable),
    }));
  const unused = Object.entries(values)
    .flatMap(([name, each]) => Object.keys(each).map((variable) => ({ name, variable })))
    .filter(
      (each) =>
        !wanted.some(({ name, variable }) => name === each.name && variable === each.variable),
    )
    .map(({ name, variable }) => ({
      name: `secrets.${name}.${variable}`,
      problem: "is set, but no workload uses it",
      mustBe: `in the secrets of a workload ${name}`,
      fix: `add it there, or run: npx pulumi config rm --path 'secrets.${name}.${variable}'`,
    }));
  const plain =
    Object.keys(values).length > 0 && !isEncrypted
      ? [
          {
            name: "secrets",
            problem: "is in plain text in the stack file",
            mustBe: "encrypted",
            fix: `set each value again, with --secret: ${commandOf("WORKLOAD", "NAME")}`,
          },
        ]
      : [];
  return { secrets: hidden(values), faults: [...missing, ...unused, ...plain] };
}

function isSet(
  values: Readonly<Record<string, Readonly<Record<string, string>>>>,
  workload: string,
  variable: string,
): boolean {
  const own = Object.hasOwn(values, workload) ? values[workload] : undefined;
  return own !== undefined && Object.hasOwn(own, variable);
}

function commandOf(workload: string, variable: string): string {
  return `run: npx pulumi config set --secret --path 'secrets.${workload}.${variable}'`;
}

function hidden(values: z.output<typeof VALUES>): WorkloadSecrets {
  return Object.fromEntries(
    Object.entries(values).map(([name, each]) => [
      name,
      Object.fromEntries(
        Object.entries(each).map(([variable, value]) => [variable, pulumi.secret(value)]),
      ),
    ]),
  );
}
