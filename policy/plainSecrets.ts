import type { ResourceValidationArgs, ResourceValidationPolicy } from "@pulumi/policy";
import { CONTAINERS, kindOf, nameOf } from "./kubernetes.ts";
import { hasSecret, isSecretByName, isSecretSetting, settingsIn } from "./secrets.ts";
import { named } from "./stack.ts";
import { known, reportFault, UNKNOWN } from "./violation.ts";

const FIX = "put it into a Secret and take it from there by envFrom or secretKeyRef";

/** Lists with the command line of a process. */
const COMMANDS = ["args", "command"];

/** Objects with arbitrary names. */
const MAPS = ["data", "binaryData", "annotations"];

/** Names whose unknown value may contain many values, or a secret. */
const PLAIN = [...CONTAINERS, ...COMMANDS, "env", "jobTemplate", "spec", "template"];

/** Where a value is in a resource. */
interface Place {
  /** Its owner, such as `container web in Deployment web`. */
  owner: string;
  /** The names and indices on the way to it. */
  path: string;
  /** The last name of the path. */
  key: string;
}

/** A text in a resource, and whether its context makes it a secret. */
interface Text {
  what: string;
  value: string | typeof UNKNOWN;
  isSecret: (value: string) => boolean;
}

export const plainEnvironment: ResourceValidationPolicy = {
  name: "no-plain-secrets",
  description:
    "No secret is in a plain environment: everybody who can read pods or ConfigMaps could read it.",
  validateResource: async (args, report) => {
    const texts = textsOf(args);
    for (const what of new Set(texts.map((text) => text.what))) {
      const own = texts.filter((text) => text.what === what);
      if (own.some(({ value }) => value === UNKNOWN)) {
        reportFault(report, {
          name: what,
          problem: "is known only after pulumi up",
          mustBe: "plain values, which every preview can check for secrets",
          fix: FIX,
        });
      } else if (await isAnySecret(own)) {
        reportFault(report, {
          name: what,
          problem: "is a secret in plain text",
          mustBe: "an entry of a Secret",
          fix: FIX,
        });
      }
    }
  },
};

async function isAnySecret(texts: readonly Text[]): Promise<boolean> {
  for (const { isSecret, value } of texts) {
    if (value !== UNKNOWN && (isSecret(value) || (await hasSecret(value)))) {
      return true;
    }
  }
  return false;
}

/** All texts in Kubernetes objects except Secrets. */
function textsOf(args: ResourceValidationArgs): Text[] {
  const isPlain = args.type.startsWith("kubernetes:") && kindOf(args.type)?.kind !== "Secret";
  return isPlain ? within(args.props, { owner: named(args), path: "", key: "" }) : [];
}

function within(value: unknown, place: Place): Text[] {
  if (typeof value === "string") {
    return [{ what: `${place.path} of ${place.owner}`, value, isSecret: () => false }];
  }
  if (Array.isArray(value)) {
    return COMMANDS.includes(place.key)
      ? argumentsOf(value, place)
      : indicesOf(value).flatMap((index) => at(value, index, place));
  }
  return typeof value === "object" && value !== null
    ? [...pairOf(value, place), ...entriesOf(value, place)]
    : [];
}

/** The texts at a key of an object, or at an index of a list. */
function at(holder: object, key: string | number, place: Place): Text[] {
  const value = known(() => (holder as Record<string | number, unknown>)[key]);
  const next =
    typeof key === "number"
      ? { ...place, path: `${place.path}[${key}]` }
      : { ...place, path: place.path === "" ? key : `${place.path}.${key}`, key };
  if (value === UNKNOWN) {
    return PLAIN.includes(next.key)
      ? [{ what: `${next.path} of ${next.owner}`, value, isSecret: () => false }]
      : [];
  }
  if (typeof key === "number" && CONTAINERS.includes(place.key)) {
    next.owner = `container ${nameOf(value)} in ${place.owner}`;
    next.path = "";
  }
  return within(value, next);
}

function entriesOf(holder: object, place: Place): Text[] {
  const isPair = "name" in holder && "value" in holder;
  return Object.keys(holder)
    .filter((key) => !(isPair && key === "value"))
    .flatMap((key) =>
      MAPS.includes(place.key) ? entryOf(holder, key, place) : at(holder, key, place),
    );
}

/** The text of a pair of name and value, such as an environment variable or a header of a probe. */
function pairOf(holder: { name?: unknown; value?: unknown }, place: Place): Text[] {
  const [name, value] = [known(() => holder.name), known(() => holder.value)];
  const isVariable = place.key === "env";
  if (typeof name !== "string" || value === undefined || (value === UNKNOWN && !isVariable)) {
    return [];
  }
  return [
    {
      what: `${isVariable ? "environment" : place.key} ${name} of ${place.owner}`,
      value: value === UNKNOWN || typeof value === "string" ? value : JSON.stringify(value),
      isSecret: (text) => isSecretByName(name, text) || isSecretSetting(name, text),
    },
  ];
}

/** The text of an annotation, or of an entry of a ConfigMap, which may be a whole file. */
function entryOf(holder: object, name: string, place: Place): Text[] {
  // A configuration may contain names that are still unknown, such as a namespace.
  const value = known(() => (holder as Record<string, unknown>)[name]);
  if (typeof value !== "string") {
    return value === UNKNOWN ? [] : within(value, place);
  }
  const isAnnotation = place.key === "annotations";
  const text = place.key === "binaryData" ? Buffer.from(value, "base64").toString("latin1") : value;
  const ownName = isAnnotation ? (name.split("/").at(-1) ?? "") : name;
  return [
    {
      what: `${isAnnotation ? "annotation" : "entry"} ${name} of ${place.owner}`,
      value: text,
      isSecret: (content) =>
        (isAnnotation ? isSecretSetting(ownName, content) : isSecretByName(ownName, content)) ||
        settingsIn(content).some((each) => isSecretSetting(each.name, each.value)),
    },
  ];
}

/** Arguments of a process, which may be options followed by their values. */
function argumentsOf(items: readonly unknown[], place: Place): Text[] {
  return indicesOf(items).map((index) => {
    const [before, value] = [index - 1, index].map((each) => known(() => items[each]));
    const option = typeof before === "string" ? /^--?([\w.-]+)$/.exec(before)?.[1] : undefined;
    return {
      what: `${place.path}[${index}] of ${place.owner}`,
      value: value === UNKNOWN ? UNKNOWN : String(value),
      isSecret: (text) =>
        (option !== undefined && !text.startsWith("-") && isSecretSetting(option, text)) ||
        settingsIn(text).some((each) => isSecretSetting(each.name, each.value)),
    };
  });
}

/** The indices of a list; does not read the items, which may be unknown. */
function indicesOf(list: readonly unknown[]): number[] {
  return [...list.keys()];
}
