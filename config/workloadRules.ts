import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { CATALOGUE, type Affinity } from "../app/contract/catalogue.ts";
import { METRICS_PORT } from "../app/contract/endpoints.ts";
import type { Fault } from "../app/contract/fault.ts";
import { routeFaults } from "../components/front/keyRouteFaults.ts";
import { workloadFaults as specFaults } from "../components/workload/workloadSpec.ts";
import { misplacedFaults } from "./misplacedSettings.ts";
import type { Settings } from "./stackSettings.ts";
import { tlsFaults } from "./tlsRules.ts";
import type { WorkloadDraft } from "./workloadSettings.ts";

/** What is wrong between a workload's settings and its stack's. */
export function workloadFaults(workload: WorkloadDraft, stack: Partial<Settings>): Fault[] {
  const fault = databaseFault(workload, stack);
  return [...tlsFaults(workload, stack), ...(fault === undefined ? [] : [fault])];
}

/**
 * What is wrong between the settings of a workload.
 *
 * @param given names of the settings that are set; the others have defaults
 */
export function ownFaults(workload: WorkloadDraft, given: readonly string[]): Fault[] {
  const rules = [buildFault, portFault];
  return [
    affinityFault(workload),
    ...specFaults(workload),
    ...rules.map((rule) => rule(workload)),
    ...keysFaults(workload, given),
    ...misplacedFaults(workload, given),
    ...variableFaults(workload),
  ].filter((fault) => fault !== undefined);
}

/** Built-in apps support the affinities for which they were made. */
function affinityFault({ affinity, app }: WorkloadDraft): Fault | undefined {
  const affinities: readonly Affinity[] | undefined = app && CATALOGUE[app].affinities;
  return affinity === undefined || affinities === undefined || affinities.includes(affinity)
    ? undefined
    : {
        name: "affinity",
        got: affinity,
        mustBe: affinities.join(" or "),
        example: affinities[0],
      };
}

/** Before this version nobody but a superuser could create a database for another role. */
const MIN_POSTGRES = 16;

function databaseFault(
  { database }: WorkloadDraft,
  { postgresVersion }: Partial<Settings>,
): Fault | undefined {
  return database === true && Number.parseInt(postgresVersion ?? "", 10) < MIN_POSTGRES
    ? {
        name: "database",
        got: database,
        mustBe: `false with postgresVersion ${postgresVersion}, because it requires ${MIN_POSTGRES} or later`,
        fix: `set postgresVersion to ${MIN_POSTGRES} or later`,
      }
    : undefined;
}

function keysFaults({ affinity, keys }: WorkloadDraft, given: readonly string[]): Fault[] {
  if (affinity !== "key" || (keys === undefined && given.includes("keys"))) {
    return [];
  }
  return keys === undefined
    ? [
        {
          name: "keys",
          problem: "is not set",
          mustBe: "a list of where the key of a request is, with affinity key",
          example: "[{key: {from: path}, path: /rooms}]",
        },
      ]
    : routeFaults(keys, "keys");
}

/** Built-in apps have their metrics on a port of their own. */
function portFault({ app, port }: WorkloadDraft): Fault | undefined {
  return app !== undefined && port === METRICS_PORT.number
    ? { name: "port", got: port, mustBe: `another port than that of the app's metrics` }
    : undefined;
}

function buildFault({ build }: WorkloadDraft): Fault | undefined {
  return build === undefined ||
    statSync(join(build, "Dockerfile"), { throwIfNoEntry: false })?.isFile() === true
    ? undefined
    : {
        name: "build",
        got: build,
        mustBe: "a folder with a Dockerfile, relative to Pulumi.yaml",
        example: "./chat",
        fix: existsSync(build) ? "add a Dockerfile" : "name a folder that exists",
      };
}

/** Environment variables that the program itself sets. */
const OWN_VARIABLES = ["PORT", "REPLICA_NAME", "DRAIN_SECONDS", "DATABASE_URL"];
const OWN_VARIABLES_OF_APPS = [
  ...OWN_VARIABLES,
  ...["APP", "METRICS_PORT", "IDLE_TIMEOUT_SECONDS", "BEHIND_TLS"],
  ...["ALLOWED_ORIGINS", "MAX_CREATIONS_PER_SECOND"],
];

function variableFaults({ app, environment = {}, secrets = [] }: WorkloadDraft): Fault[] {
  const own = app === undefined ? OWN_VARIABLES : OWN_VARIABLES_OF_APPS;
  const names = { environment: Object.keys(environment), secrets };
  const faults = Object.entries(names).flatMap(([name, variables]) =>
    variables
      .filter((each) => own.includes(each))
      .map((each) => ({
        name,
        problem: `sets ${each}`,
        mustBe: `other variables than ${own.join(", ")}, which are set for every replica`,
      })),
  );
  const both = secrets.filter((each) => Object.hasOwn(environment, each));
  return [
    ...faults,
    ...both.map((each) => ({
      name: "secrets",
      problem: `has ${each}, which environment sets as well`,
      mustBe: "variables that environment does not set",
    })),
  ];
}
