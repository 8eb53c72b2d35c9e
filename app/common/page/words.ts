/** The time of day, to the second. */
export function clock(date: Date): string {
  return date.toLocaleTimeString([], { hourCycle: "h23" });
}

/** `1 echo`, `2 echoes`. */
export function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}
