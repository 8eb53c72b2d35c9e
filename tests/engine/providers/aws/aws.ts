import { randomBytes } from "node:crypto";
import { Refusal, type Cloud, type Properties } from "../cloud.ts";
import { unknownInputs } from "../sdk.ts";
import type { Goal, Provider } from "../provider.ts";
import { recordSets, ZONE } from "./dns.ts";
import { CLUSTER, EKS } from "./eks.ts";
import { sessionArn, type Kind, type Place } from "./kind.ts";
import { availableZonesOf, NETWORK } from "./network.ts";
import { SERVICES } from "./services.ts";

const KINDS: Readonly<Record<string, Kind>> = { ...NETWORK, ...EKS, ...SERVICES };

/** Types of resources that belong to no region. */
const GLOBAL = /^aws:(iam|route53)\//;

/** The aws provider, of an account that forgets nothing and refuses what AWS does. */
export class Aws implements Provider {
  readonly #cloud: Cloud;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  check({ type, name, inputs, config }: Goal, old: Properties | undefined) {
    const kind = kindOf(type);
    const { by, max } = kind.named ?? { by: "", max: 0 };
    const region = GLOBAL.test(type) ? {} : { region: config.region };
    const checked: Properties = { ...region, ...inputs };
    if (kind.named !== undefined && inputs[by] === undefined) {
      // As the bridge does it: the program's name and seven digits, for as long as the resource lives.
      checked[by] = old?.[by] ?? `${name}-${randomBytes(4).toString("hex").slice(1)}`;
      checked.__autonamed = true;
    }
    const given = checked[by] as string | undefined;
    const long = given !== undefined && given.length > max;
    const faults = [
      ...unknownInputs(type, inputs),
      ...(long ? [`expected length of ${by} to be 1 to ${max}, got ${given}`] : []),
    ];
    return { inputs: checked, faults };
  }

  replaces(type: string, path: string, { now }: { now: Properties }): boolean {
    if (path.startsWith("encryptionConfig")) {
      return now.encryptionConfig === undefined;
    }
    return ["region", ...kindOf(type).replacedBy].some(
      (each) => path === each || path.startsWith(`${each}.`),
    );
  }

  replacesConfig({ old, now }: { old: Properties; now: Properties }): boolean {
    return old.region !== now.region;
  }

  /** Where the two would have one name, or one place. */
  deletesFirst(type: string, { old, now }: { old: Properties; now: Properties }): boolean {
    const { named, isPlace = false } = kindOf(type);
    const isGiven = named !== undefined && now.__autonamed !== true;
    return isPlace || (isGiven && old[named.by] === now[named.by]);
  }

  create({ type, inputs, config }: Goal) {
    const given = Object.fromEntries(
      Object.entries(inputs).filter(([key]) => key !== "__autonamed"),
    );
    const { id, outputs } = kindOf(type).make(given, this.#place(config));
    if (this.#cloud.get(type, id) !== undefined && given.allowOverwrite !== true) {
      throw new Refusal(`AlreadyExists: there is a ${type} ${id} in this account`);
    }
    return { id, outputs: { ...given, tagsAll: tagsOf(given, config), ...outputs } };
  }

  update({ type, inputs, config }: Goal, id: string): Properties {
    const old = this.#cloud.need(type, id);
    const changed = kindOf(type).change?.(inputs, this.#place(config), old);
    return { tagsAll: tagsOf(inputs, config), ...changed };
  }

  delete({ type }: Goal, id: string): void {
    const { outputs } = this.#cloud.need(type, id);
    const kind = kindOf(type);
    const keeper = kind.keptBy?.(id, outputs, this.#cloud);
    if (keeper !== undefined) {
      throw new Refusal(`DependencyViolation: ${id} cannot be deleted, ${keeper} keeps it`);
    }
    kind.leaves?.(id, outputs, this.#cloud);
  }

  invoke(token: string, inputs: Properties, config: Properties): Properties | undefined {
    const place = this.#place(config);
    const { partition, region, dnsSuffix } = place;
    switch (token) {
      case "aws:index/getCallerIdentity:getCallerIdentity":
        return { accountId: this.#cloud.accountId, arn: sessionArn(place) };
      case "aws:index/getPartition:getPartition":
        return { partition, dnsSuffix };
      case "aws:index/getRegion:getRegion":
        return { region };
      case "aws:index/getAvailabilityZones:getAvailabilityZones":
        return { names: availableZonesOf(place), region };
      case "aws:eks/getClusters:getClusters":
        return { names: this.#cloud.all(CLUSTER).map(({ key }) => key) };
      case "aws:eks/getCluster:getCluster":
        return { version: this.#cloud.need(CLUSTER, inputs.name).outputs.version };
      case "aws:eks/getAddonVersion:getAddonVersion":
        return { version: `v1-for-${String(inputs.kubernetesVersion)}` };
      case "aws:ecr/getAuthorizationToken:getAuthorizationToken":
        return {
          userName: "AWS",
          password: `password-of-the-registry-${randomBytes(4).toString("hex")}`,
          proxyEndpoint: `https://${this.#cloud.accountId}.dkr.ecr.${region}.${dnsSuffix}`,
        };
      case "aws:route53/getRecords:getRecords":
        return { resourceRecordSets: recordSets(this.#cloud) };
      case "aws:route53/getZone:getZone":
        return ZONE;
      case "aws:lb/getHostedZoneId:getHostedZoneId":
        return { id: "Z35SXDOTRQ7X7K" };
      default:
        return undefined;
    }
  }

  #place({ region }: Properties): Place {
    const name = String(region);
    const partition =
      [
        ["us-gov-", "aws-us-gov"],
        ["cn-", "aws-cn"],
      ].find(([prefix = ""]) => name.startsWith(prefix))?.[1] ?? "aws";
    const dnsSuffix = partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
    return { cloud: this.#cloud, region: name, partition, dnsSuffix };
  }
}

function kindOf(type: string): Kind {
  const kind = KINDS[type];
  if (kind === undefined) {
    throw new Refusal(`no test expects a resource of type ${type}`);
  }
  return kind;
}

function tagsOf({ tags }: Properties, { defaultTags }: Properties): object {
  const { tags: defaults } = JSON.parse((defaultTags as string | undefined) ?? "{}") as {
    tags?: object;
  };
  return { ...defaults, ...(tags as object | undefined) };
}
