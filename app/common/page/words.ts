/** The time of day, to the second. */
export function clock(date: Date): string {
  return date.toLocaleTimeString([], { hourCycle: "h23" });
}

/** A text whose direction of writing does not concern the words around it. */
export function isolated(text: string): string {
  return `\u2068${text}\u2069`;
}

/** `1 echo`, `2 echoes`. */
export function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** Words of the server as a sentence. */
export function sentence(words: string): string {
  const capital = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
