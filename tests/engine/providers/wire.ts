import structProto from "google-protobuf/google/protobuf/struct_pb.js";
import type { Properties } from "./cloud.ts";

/** What the engine sends for a value that is not known before `up`. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** How the engine marks a secret. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

export function isUnknown(value: unknown): boolean {
  return JSON.stringify(value).includes(UNKNOWN);
}

/** What a message says; secrets as they are, for the engine keeps those of inputs secret in outputs. */
export function propertiesOf(struct: structProto.Struct | undefined): Properties {
  return struct === undefined ? {} : (revealed(struct.toJavaScript()) as Properties);
}

function revealed(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(revealed);
  }
  if (!isObject(value)) {
    return value;
  }
  return value[SIGNATURE] === SECRET
    ? revealed(value.value)
    : Object.fromEntries(Object.entries(value).map(([key, each]) => [key, revealed(each)]));
}

/** A value that the engine keeps secret. */
export function secretOf(value: unknown): Properties {
  return { [SIGNATURE]: SECRET, value };
}

/** Without what is undefined, which a Struct cannot say. */
export function structOf(properties: Properties): structProto.Struct {
  return structProto.Struct.fromJavaScript(JSON.parse(JSON.stringify(properties)) as never);
}

export function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** Paths of the leaves in which two values differ; a list is a leaf. */
export function changedPaths(old: unknown, now: unknown, path = ""): string[] {
  if (isObject(old) && isObject(now)) {
    return [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((key) =>
      changedPaths(old[key], now[key], path === "" ? key : `${path}.${key}`),
    );
  }
  return JSON.stringify(ordered(old)) === JSON.stringify(ordered(now)) ? [] : [path];
}

/** With the keys of all objects in one order. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(ordered);
  }
  return isObject(value)
    ? Object.fromEntries(
        Object.keys(value)
          .toSorted()
          .map((key) => [key, ordered(value[key])]),
      )
    : value;
}

function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
