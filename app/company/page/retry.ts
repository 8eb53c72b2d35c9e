import { setText } from "../../common/page/dom.ts";
import { sentence } from "../../common/page/words.ts";
import type { Answers } from "./answers.ts";
import { ask, type Answer, type Question } from "./api.ts";

/** Statuses of transient failures, which are retried. */
const TRANSIENT = [429, 502, 503, 504];

/** Milliseconds before the first retry without `Retry-After`; doubled for each further one, up to the limit. */
const FIRST_WAIT_MS = 2000;
const MAX_WAIT_MS = 30_000;

const TICK_MS = 250;

export interface RetryOptions {
  answers: Answers;
  /** Stops the attempts. */
  signal: AbortSignal;
  /** Shows the time until the next attempt. */
  countdown: HTMLElement;
  /** Receives why there is no final response yet. */
  onTrouble: (words: string) => void;
}

/** Retries a request until its response is final; undefined if it is aborted. */
export async function askUntilFinal(
  question: Question,
  { answers, signal, countdown, onTrouble }: RetryOptions,
): Promise<Answer | undefined> {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, MAX_WAIT_MS)) {
    const answer = await ask(question, answers, signal);
    if (answer !== undefined && !TRANSIENT.includes(answer.status)) {
      setText(countdown, "");
      return answer;
    }
    if (!signal.aborted) {
      onTrouble(troubleOf(answer));
      await countDown(answer?.retryAfterMs ?? wait, countdown, signal);
    }
    if (signal.aborted) {
      setText(countdown, "");
      return undefined;
    }
    setText(countdown, " Trying again now…");
  }
}

/** Why the registry rejected a request. */
export function refusalOf({ status, problem }: Answer): string {
  return sentence(
    problem?.detail ?? problem?.title ?? `The registry responded with status ${status}`,
  );
}

function troubleOf(answer: Answer | undefined): string {
  if (answer?.status === 429) {
    return "The registry is busy.";
  }
  // A 503 without a problem document comes from something else, such as a load balancer without a replica.
  return answer?.problem === undefined
    ? "The registry is not responding."
    : "The registry cannot reach its database.";
}

async function countDown(ms: number, element: HTMLElement, signal: AbortSignal): Promise<void> {
  const due = Date.now() + ms;
  const show = (): void =>
    setText(element, ` Trying again in ${Math.max(1, Math.ceil((due - Date.now()) / 1000))} s.`);
  show();
  const ticking = setInterval(show, TICK_MS);
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timeout);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timeout = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
  clearInterval(ticking);
}
