import { randomBytes, randomUUID } from "node:crypto";
import type { Properties } from "./cloud.ts";
import { unknownInputs } from "./sdk.ts";
import type { Asked, Provider } from "./server.ts";

/** The random provider: values are made once. */
export class Random implements Provider {
  check({ type, inputs }: Asked) {
    return { inputs, faults: unknownInputs(type, inputs) };
  }

  replaces(): boolean {
    return true;
  }

  create({ type, inputs }: Asked): { id: string; outputs: Properties } {
    const hex = randomBytes(Number(inputs.byteLength ?? inputs.length)).toString("hex");
    return type.endsWith(":RandomPassword")
      ? { id: randomUUID(), outputs: { ...inputs, result: hex.slice(0, Number(inputs.length)) } }
      : { id: hex, outputs: { ...inputs, hex } };
  }

  delete(): void {
    // There is nothing but the state.
  }
}
