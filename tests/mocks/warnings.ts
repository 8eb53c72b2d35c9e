const PREFIX = "warning: [runtime] ";

/** Records Pulumi's warnings, which it prints if there is no engine. */
export async function withWarnings<T>(
  run: () => T | Promise<T>,
): Promise<{ result: T; warnings: string[] }> {
  const { warn } = console;
  const warnings: string[] = [];
  console.warn = (message: string, ...rest: unknown[]) =>
    message.startsWith(PREFIX)
      ? warnings.push(message.slice(PREFIX.length))
      : warn.call(console, message, ...rest);
  try {
    return { result: await run(), warnings };
  } finally {
    console.warn = warn;
  }
}
