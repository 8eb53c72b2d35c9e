import { shown } from "./shown.ts";

/** Characters of what was got that the answer to a request shows. */
const LONGEST = 60;

/** The one message for whatever is wrong with a value of a request. */
export function faultOf(name: string, allowed: string, example: string) {
  return {
    abort: true,
    error: ({ input }: { input?: unknown }) => {
      const got = input === undefined || input === null ? "missing" : shown(input, LONGEST);
      return `${name} is ${got}: allowed is ${allowed}; for example ${example}`;
    },
  };
}

/** An empty parameter is none. */
export function orNone(text: unknown): unknown {
  return text === "" ? undefined : text;
}
