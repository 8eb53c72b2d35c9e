/** Characters of a value that a fault shows: an ARN is whole, and a file that was pasted is not. */
const LONGEST = 200;

/** Faults that are shown at once. */
const MOST = 50;

/** A value as a fault shows it: as JSON, cut where it is longer than a person reads. */
export function shown(value: unknown, longest = LONGEST): string {
  return cut(written(value), longest);
}

/** Text that a person wrote, such as the name of a setting, cut where it is longer than a person reads. */
export function cut(text: string, longest = LONGEST): string {
  return text.length > longest ? `${text.slice(0, longest).toWellFormed()}…` : text;
}

/** Faults, each in a line of its own; the first ones where there are more than a person reads. */
export function listed(faults: readonly string[]): string {
  const more = faults.length - MOST;
  return [...faults.slice(0, MOST), ...(more > 0 ? [`… and ${more} more faults`] : [])].join("\n");
}

/** Values that can be read may still be nested too deep to be written. */
function written(value: unknown): string {
  try {
    // NaN, which is no JSON, would be null.
    const isJson = !Number.isNaN(value);
    const text = isJson ? (JSON.stringify(value) as string | undefined) : undefined;
    return text ?? String(value);
  } catch {
    return "nested too deep";
  }
}
