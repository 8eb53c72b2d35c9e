import { readFileSync, writeFileSync } from "node:fs";
import { format } from "prettier";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { APP_NAMES } from "../app/contract/catalogue.ts";
import { describedBy, type Rules } from "../app/contract/settings.ts";
import { RULES } from "../config/stackSettings.ts";
import { defaultsOf, WORKLOAD_RULES } from "../config/workloadSettings.ts";

/** A setting as Pulumi.yaml declares it. */
interface Declaration {
  description: string;
  default: unknown;
}

/** The meaning of each field of a workload, in the order of the table. */
const WORKLOAD_MEANINGS: Readonly<Record<keyof typeof WORKLOAD_RULES, string>> = {
  name: "Name of the workload, from which its namespace, objects, load balancer and URL are made. With a built-in app, the app's name by default.",
  app: "A built-in app, which fills in defaults. A workload has either `app`, `image` or `build`. The same app may stand twice under two names.",
  image: "Your own image for linux/amd64, in ECR or a public registry. Policies require a digest.",
  build:
    "Folder with a Dockerfile, relative to `Pulumi.yaml`. Its image is built with Docker and pushed to a repository of its own.",
  affinity:
    "What stays on one replica: the connections of a source address, a browser with a cookie, or requests with the same key. `none` shows what breaks without affinity.",
  cookie:
    "With affinity `cookie`: the cookie that the app sets. Without `name` the load balancer sets one of its own, and the app needs no change.",
  keys: "With affinity `key`: where [the key of a request](request-keys.md) is. The first that a request has decides; requests without a key go to any replica.",
  port: "Port that the app listens on. It gets the number as `PORT`.",
  readinessPath: "Path that answers 200 while the app accepts new work.",
  livenessPath:
    "Path that answers 200 while the app is alive. If omitted, Kubernetes checks whether the port accepts connections.",
  command: "Words that replace the image's own command.",
  environment: "Environment variables.",
  secrets:
    "Names of environment variables with secret values. Set each value with `pulumi config set --secret --path 'secrets.WORKLOAD.NAME'`.",
  database:
    "With your own image: whether it gets a PostgreSQL database and role of its own on the stack's RDS instance, as `DATABASE_URL`.",
  user: "User and group id that the app runs as, whatever the image says. Not root.",
  writableFolders:
    "Folders that the app can write to. They are empty when a replica starts. The rest of its file system is read-only.",
  local:
    "With your own image: how [the local run](local-run.md#your-own-app) starts a replica, because it runs no images.",
  replicas: "Number of replicas. With an autoscaler, the minimum.",
  maxReplicas: "Maximum number of replicas. Setting it enables an autoscaler.",
  drainSeconds:
    "Seconds for which a stopping replica still accepts new work. The load balancer keeps sending new work for some time, which depends on the affinity. The minimum is 150 with `source-ip` and `none`, 60 with `cookie`, and 10 with `key`.",
  shutdown:
    "How a replica stops. `drains`: the app gets SIGTERM at once and goes on for `DRAIN_SECONDS`. `sleep`: it gets SIGTERM only after `drainSeconds`. In both cases it has another 25 s to exit.",
  cpuMillicores:
    "vCPU that Fargate bills for a pod, in thousandths: 250, 500, 1000, 2000, 4000, 8000 or 16000.",
  memoryMiB:
    "Memory that Fargate bills for a pod, in MiB: for example 512, 1024 or 2048 with 250 millicores. Kubernetes itself uses 256 MiB of it.",
  dnsName:
    "DNS name of the load balancer, in the zone `hostedZoneId`. It has TLS, with [a certificate of its own](dns.md) unless `certificateArn` is set. If omitted, the load balancer has only AWS's name.",
  routing:
    "With `dnsName`: the role of this load balancer if [a stack in another region](dns.md#a-second-region) uses the same DNS name.",
  crossZone:
    "With affinity `source-ip` or `none`: whether the load balancer's nodes send connections to replicas in all zones, not only in their own. Affinity `source-ip` requires it.",
  idleTimeoutSeconds:
    "Seconds without data after which a connection is closed: at most 4000 with affinity `cookie`, from 60 to 6000 with the others. With TLS: exactly 350 with `source-ip` and `none`, and at most 350 with `key`.",
  allowedOrigins:
    "With a built-in app: origins of other pages that may use it. All other pages cannot open a session, create anything or read a response. The transport `jsonp-polling` sends no origin, so only the app's own page can use it.",
  maxCreationsPerSecond:
    "With `company` or `document`: creations per second that a replica accepts from one address, with bursts of ten seconds' worth.",
};

/** Rows of the generated tables, by page. */
const TABLES: Readonly<Record<string, () => readonly (readonly string[])[]>> = {
  "docs/settings.md": settingRows,
  "docs/workloads.md": workloadRows,
};

/** What the settings without a rule of their own allow. */
const LINKS: Readonly<Record<string, string>> = {
  workloads: "[a list of workloads](workloads.md)",
  secrets: "[values by workload and name](workloads.md#secrets)",
};

const FLOW = { collectionStyle: "flow", flowCollectionPadding: false } as const;

const MARKED = /(?<=<!-- Generated by `npm run docs` -->\n)[^]*(?=<!-- End -->)/;

/** Pages with generated tables, by path, with up-to-date tables. */
export async function pagesWithTables(): Promise<Record<string, string>> {
  const pages = Object.entries(TABLES).map(async ([path, rows]) => {
    const page = read(path).replace(MARKED, () => `\n${tableOf(rows())}\n\n`);
    return [path, await format(page, { parser: "markdown" })] as const;
  });
  return Object.fromEntries(await Promise.all(pages));
}

function settingRows() {
  const { config } = parse(read("Pulumi.yaml")) as { config: Record<string, Declaration> };
  const rules: Rules = RULES;
  return [
    ["setting", "meaning", "allowed", "default"],
    ...Object.entries(config).map(([name, { description, default: value }]) => [
      code(name),
      description.trim(),
      rules[name] === undefined ? (LINKS[name] ?? "") : allowedBy(rules[name]),
      valueCell(value),
    ]),
  ];
}

function workloadRows() {
  return [
    ["field", "meaning", "allowed", "default"],
    ...Object.entries(WORKLOAD_MEANINGS).map(([field, meaning]) => [
      code(field),
      meaning,
      allowedBy(WORKLOAD_RULES[field as keyof typeof WORKLOAD_RULES]),
      workloadDefault(field as keyof typeof WORKLOAD_RULES),
    ]),
  ];
}

/** The default of a field, and those of the built-in apps that have another one. Names are their own; keys would fill a line. */
function workloadDefault(field: keyof typeof WORKLOAD_RULES): string {
  const common = defaultOf(WORKLOAD_RULES[field]);
  const byApp = APP_NAMES.map((app) => ({ app, value: defaultsOf(app)[field] }))
    .filter(({ value }) => value !== undefined && field !== "name" && field !== "keys")
    .map(({ app, value }) => ({ app, text: valueCell(value) }))
    .filter(({ text }) => text !== common);
  const others = [...Map.groupBy(byApp, ({ text }) => text)].map(
    ([text, of]) => `${of.map(({ app }) => code(app)).join(", ")}: ${text}`,
  );
  return [...(common === "none" && others.length > 0 ? [] : [common]), ...others].join("; ");
}

/** The values that a rule allows, as errors show them. Numbers and words need no example. */
function allowedBy(rule: z.ZodType): string {
  const { description = "", example } = describedBy(rule);
  const needsNoExample = typeof example !== "string" || description.includes(example);
  return needsNoExample ? description : `${description} (for example ${code(example)})`;
}

function defaultOf(rule: z.ZodType): string {
  return valueCell(rule instanceof z.ZodDefault ? rule.parse(undefined) : "");
}

/** A value as it is written in a stack file. Leaves out the digest of an image, which would fill a line. */
function valueCell(value: unknown): string {
  if (value === "" || (Array.isArray(value) && value.length === 0)) {
    return "none";
  }
  const flow = typeof value === "string" ? value : stringify(value, FLOW).trim();
  const [text = "", digest] = flow.split("@sha256:");
  return digest === undefined ? code(text) : `${code(text)}, by digest`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function tableOf([head = [], ...rows]: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
}

if (import.meta.main) {
  for (const [path, page] of Object.entries(await pagesWithTables())) {
    writeFileSync(new URL(`../${path}`, import.meta.url), page);
  }
}
