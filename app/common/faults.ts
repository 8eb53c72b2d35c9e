/** Characters of what was got that a fault shows. */
const SHOWN = 60;

/** The one message for whatever is wrong with a value of a request. */
export function faultOf(name: string, allowed: string, example: string) {
  return {
    abort: true,
    error: ({ input }: { input?: unknown }) => {
      const got = input === undefined || input === null ? "missing" : shown(input);
      return `${name} is ${got}: allowed is ${allowed}; for example ${example}`;
    },
  };
}

/** An empty parameter is none. */
export function orNone(text: unknown): unknown {
  return text === "" ? undefined : text;
}

function shown(input: unknown): string {
  const text = written(input);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

/** What can be read may still be nested too deep to be written. */
function written(input: unknown): string {
  try {
    return JSON.stringify(input);
  } catch {
    return "nested too deep";
  }
}
