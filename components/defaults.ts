/** Args in which those that have a default are set. */
export type Complete<Args, Defaults> = Omit<Args, keyof Defaults> & {
  [Key in keyof Args & keyof Defaults]-?: Exclude<Args[Key], undefined>;
};

/** Completes args by their defaults. An arg that is undefined is not set. */
export function withDefaults<Args extends object, Defaults extends Partial<Args>>(
  args: Args,
  defaults: Defaults,
): Complete<Args, Defaults> {
  const given = Object.entries(args).filter(([, value]) => value !== undefined);
  return { ...args, ...defaults, ...Object.fromEntries(given) } as Complete<Args, Defaults>;
}
