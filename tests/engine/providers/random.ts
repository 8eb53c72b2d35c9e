import { randomBytes, randomInt, randomUUID } from "node:crypto";
import type { Properties } from "./cloud.ts";
import { unknownInputs } from "./sdk.ts";
import type { Goal, Provider } from "./provider.ts";

/** What a password is made of, unless an input of that name is false. */
const ALPHABETS: Readonly<Record<string, string>> = {
  lower: "abcdefghijklmnopqrstuvwxyz",
  upper: "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
  numeric: "0123456789",
  special: "!@#$%&*()-_=+[]{}<>:?",
};

/**
 * The random provider: values are made once, and live in the state. Source: `internal/provider` of
 * https://github.com/hashicorp/terraform-provider-random.
 */
export class Random implements Provider {
  check({ type, inputs }: Goal) {
    return { inputs, faults: unknownInputs(type, inputs) };
  }

  /** All inputs of a value have RequiresReplace there. */
  replaces(): boolean {
    return true;
  }

  create({ type, inputs }: Goal): { id: string; outputs: Properties } {
    if (type.endsWith(":RandomPassword")) {
      return { id: randomUUID(), outputs: { ...inputs, result: password(inputs) } };
    }
    const hex = randomBytes(Number(inputs.byteLength)).toString("hex");
    return { id: hex, outputs: { ...inputs, hex } };
  }

  delete(): void {
    // There is nothing but the state.
  }
}

function password({ length, ...inputs }: Properties): string {
  const characters = Object.entries(ALPHABETS)
    .filter(([name]) => inputs[name] !== false)
    .map(([, alphabet]) => alphabet)
    .join("");
  return Array.from({ length: Number(length) }, () =>
    characters.charAt(randomInt(characters.length)),
  ).join("");
}
