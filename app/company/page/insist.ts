import { setText } from "../../common/page/dom.ts";
import { sentence } from "../../common/page/words.ts";
import type { Answers } from "./answers.ts";
import { ask, type Answer, type Question } from "./api.ts";

/** Statuses of those who could not ask the registry or its database now, and may be asked again. */
const PASSING = [429, 502, 503, 504];

/** Milliseconds until the second attempt where nobody says; each further one waits twice as long, up to the limit. */
const FIRST_WAIT_MS = 2000;
const MAX_WAIT_MS = 30_000;

const TICK_MS = 250;

export interface Insistence {
  answers: Answers;
  /** Gives up. */
  signal: AbortSignal;
  /** Gets the words about when it is tried again. */
  countdown: HTMLElement;
  /** Gets the words about why there is no answer yet. */
  onTrouble: (words: string) => void;
}

/** Asks until there is an answer that stands; undefined if it is given up. */
export async function insist(
  question: Question,
  { answers, signal, countdown, onTrouble }: Insistence,
): Promise<Answer | undefined> {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, MAX_WAIT_MS)) {
    const answer = await ask(question, answers, signal);
    if (answer !== undefined && !PASSING.includes(answer.status)) {
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

/** What the registry says to something that it does not do. */
export function refusalOf({ status, problem }: Answer): string {
  return sentence(
    problem?.detail ?? problem?.title ?? `The registry answers with status ${status}`,
  );
}

function troubleOf(answer: Answer | undefined): string {
  if (answer?.status === 429) {
    return "The registry has too much to do.";
  }
  // Others that say 503, such as a load balancer without a replica, know nothing of problem documents.
  return answer?.problem === undefined
    ? "The registry does not answer."
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
