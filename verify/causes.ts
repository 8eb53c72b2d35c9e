/** Why a request failed, in words. */
export function causeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return message === "" ? String(code) : message;
}
