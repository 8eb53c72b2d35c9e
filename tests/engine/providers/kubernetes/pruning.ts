import type { Properties } from "../cloud.ts";

/**
 * What is in both: the values of an object, of the fields that its inputs have. Source: `pruneMap` in `provider/pkg/provider/util.go` of
 * https://github.com/pulumi/pulumi-kubernetes.
 */
export function pruned(object: Properties, inputs: Properties): Properties {
  return Object.fromEntries(
    Object.entries(object)
      .filter(([key]) => key in inputs)
      .map(([key, value]) => [key, prunedValue(value, inputs[key])]),
  );
}

function prunedValue(value: unknown, input: unknown): unknown {
  if (Array.isArray(value) && Array.isArray(input)) {
    return value.slice(0, input.length).map((each, index) => prunedValue(each, input[index]));
  }
  return isProperties(value) && isProperties(input) ? pruned(value, input) : value;
}

function isProperties(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Inputs as the API server keeps them: of a Secret, `stringData` as `data`. Source: `normalizeSecret` in `provider/pkg/clients/unstructured.go`. */
export function normalized({ stringData, ...inputs }: Properties): Properties {
  if (stringData === undefined) {
    return inputs;
  }
  const data = Object.fromEntries(
    Object.entries(stringData as Record<string, string>).map(([key, value]) => [
      key,
      Buffer.from(value).toString("base64"),
    ]),
  );
  return { ...inputs, data: { ...(inputs.data as object | undefined), ...data } };
}
