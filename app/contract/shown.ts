/** Maximum number of characters that a fault shows of a value: enough for an ARN, but not for a pasted file. */
const LONGEST = 200;

/** Maximum number of faults that are shown at once. */
const MOST = 50;

/** A value as JSON, cut to a readable length. */
export function shown(value: unknown, longest = LONGEST): string {
  return cut(written(value), longest);
}

/** Text that a person wrote, such as the name of a setting, cut to a readable length. */
export function cut(text: string, longest = LONGEST): string {
  return text.length > longest ? `${text.slice(0, longest).toWellFormed()}…` : text;
}

/** One line for each fault, up to a readable number. */
export function listed(faults: readonly string[]): string {
  const more = faults.length - MOST;
  return [...faults.slice(0, MOST), ...(more > 0 ? [`… and ${more} more faults`] : [])].join("\n");
}

/** Values that could be parsed may still be nested too deeply to be serialised. */
function written(value: unknown): string {
  try {
    // JSON.stringify makes null of NaN.
    const isJson = !Number.isNaN(value);
    const text = isJson ? (JSON.stringify(value) as string | undefined) : undefined;
    return text ?? String(value);
  } catch {
    return "nested too deep";
  }
}
