import { Failure } from "../failure.ts";

/** Milliseconds until a response must have ended, however it is sent. */
export const ANSWER_MS = 10_000;

/** The time of a visit. */
export interface Limit {
  /** Aborts when the time is up. */
  readonly signal: AbortSignal;
  /** What has not happened if the time is up, and what to do about it. */
  readonly late: { words: string; fix?: string };
}

/**
 * Waits at most `answerMs`, and no longer than until `signal` aborts.
 *
 * @throws Failure that says what was late
 */
export async function inTime<T>(
  answerMs: number,
  signal: AbortSignal | undefined,
  wait: (limit: Limit) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const limit: Limit = { signal: controller.signal, late: { words: "no response came" } };
  const abort = (): void => controller.abort(signal?.reason);
  const timer = setTimeout(() => controller.abort(limit), answerMs);
  signal?.addEventListener("abort", abort);
  try {
    return await wait(limit);
  } catch (error) {
    const { words, fix } = limit.late;
    const isLate = limit.signal.reason === limit;
    throw isLate ? new Failure(`${words} within ${answerMs / 1000} s`, { fix }) : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
