import { randomBytes } from "node:crypto";
import { Refusal, type Cloud, type Properties, type Thing } from "../cloud.ts";

/** Where a provider works, and with what tags. */
export interface Place {
  cloud: Cloud;
  region: string;
  partition: string;
  /** Of the region's host names. */
  dnsSuffix: string;
}

/** What AWS does with resources of one type. */
export interface Kind {
  /** Inputs whose change makes another resource: `ForceNew` in https://github.com/hashicorp/terraform-provider-aws. */
  replacedBy: readonly string[];
  /** The input that gets a name where the program gives none, and how long it may be. */
  named?: { by: string; max: number };
  /** Whether there is room for one only, which has to go before another one is made. */
  isPlace?: boolean;
  /** Makes the resource: its id, and what AWS adds to the inputs. */
  make(inputs: Properties, place: Place): { id: string; outputs?: Properties };
  /** What AWS adds, or refuses, in an update. */
  change?(inputs: Properties, place: Place, old: Thing): Properties;
  /** What has to go before; a sentence. */
  keptBy?(id: string, outputs: Properties, cloud: Cloud): string | undefined;
  /** What goes, or stays, with it. */
  leaves?(id: string, outputs: Properties, cloud: Cloud): void;
}

/** The first of the things that keep a resource, by type and by what they say of it. */
export function firstOf(
  cloud: Cloud,
  holders: Readonly<Record<string, (outputs: Properties) => boolean>>,
): string | undefined {
  for (const [type, holds] of Object.entries(holders)) {
    const holder = cloud.all(type).find(({ outputs }) => holds(outputs));
    if (holder !== undefined) {
      return `${type} ${holder.name}`;
    }
  }
  return undefined;
}

export function newId(prefix: string): string {
  return `${prefix}-0${randomBytes(8).toString("hex")}`;
}

export function arn({ cloud, partition, region }: Place, service: string, rest: string): string {
  return `arn:${partition}:${service}:${region}:${cloud.accountId}:${rest}`;
}

export function globalArn({ cloud, partition }: Place, rest: string): string {
  return `arn:${partition}:iam::${cloud.accountId}:${rest}`;
}

/** ARN of the role by which everything is made; that of its session is without the role's path. */
export function callerArn(place: Place): string {
  return globalArn(place, `role/${place.cloud.callerRole}`);
}

export function sessionArn({ cloud, partition }: Place): string {
  const role = cloud.callerRole.split("/").at(-1) ?? "";
  return `arn:${partition}:sts::${cloud.accountId}:assumed-role/${role}/ada`;
}

/** @throws Refusal */
export function refuse(message: string): never {
  throw new Refusal(message);
}

export function list(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
