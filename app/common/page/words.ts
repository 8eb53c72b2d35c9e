/** The time of day, to the second. */
export function clock(date: Date): string {
  return date.toLocaleTimeString([], { hourCycle: "h23" });
}

/** Isolates the writing direction of a text from the text around it. */
export function isolated(text: string): string {
  return `\u2068${text}\u2069`;
}

/** `1 echo`, `2 echoes`. */
export function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** Turns a message of the server into a sentence. */
export function sentence(words: string): string {
  const capital = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
