import { type TaskStatus, isTerminalTaskStatus } from '@cynodeai/contracts/gateway';
import { setTimeout as delay } from 'node:timers/promises';
import { GatewayError } from './gateway-error.ts';

const waitSeconds = 30;
/** An answer that took this long was held by the server. */
const heldMs = 25_000;
const defaultPauseMs = 2000;
const toleratedFailures = 3;
const retryAfterMaxSeconds = 30;

/** Pauses for so many ms; rejects with the signal's reason when it fires. */
export type Pause = (ms: number, signal?: AbortSignal) => Promise<void>;

/** Pause on the real clock. */
export const pauseFor: Pause = async (ms, signal) => {
  try {
    await delay(ms, undefined, { ...(signal && { signal }) });
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  }
};

/**
 * Counts failures in a row and decides which are worth another try.
 * See docs/reference/cli.md#waiting.
 */
export class FailureTolerance {
  #inARow = 0;

  /**
   * Answers the pause before the next try, ms: `Retry-After` up to 30 s, else 2 s.
   * @throws the error itself when it is final, or the fourth in a row.
   */
  tolerate(error: unknown): number {
    this.#inARow += 1;
    const passing = error instanceof GatewayError && error.transient;
    if (!passing || this.#inARow > toleratedFailures) throw error;
    const seconds = error.retryAfterSeconds;
    return seconds === undefined ? defaultPauseMs : Math.min(seconds, retryAfterMaxSeconds) * 1000;
  }

  reset(): void {
    this.#inARow = 0;
  }
}

/** How one question of a poll is to be asked. */
export interface PollQuestion {
  /** Seconds the server may hold the answer. */
  readonly waitSeconds: number;
  readonly timeoutMs: number;
}

export interface PollOptions<T = unknown> {
  readonly signal?: AbortSignal;
  /** Called with every answer, before the next question. */
  readonly onAnswer?: (answer: T) => Promise<void>;
  /** Called at the first answer and at every change. */
  readonly onStatus?: (status: TaskStatus) => void;
  readonly pause?: Pause;
  /** Pause after an answer that the server did not hold, ms; 2 s unless told. */
  readonly pauseMs?: number;
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs?: () => number;
}

/**
 * Asks until the task is terminal and answers with the last answer. A server that holds the
 * question is asked again at once, one that does not after 2 s; three failures in a row are
 * tolerated. See docs/reference/cli.md#waiting.
 */
export async function pollTask<T extends { readonly status: TaskStatus }>(
  ask: (question: PollQuestion) => Promise<T>,
  options: PollOptions<T> = {},
): Promise<T> {
  const {
    signal,
    onStatus,
    onAnswer,
    pause = pauseFor,
    pauseMs = defaultPauseMs,
    nowMs = () => performance.now(),
  } = options;
  const tolerance = new FailureTolerance();
  let last: TaskStatus | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const askedAt = nowMs();
    let answer: T;
    try {
      answer = await ask({ waitSeconds, timeoutMs: (waitSeconds + 10) * 1000 });
      tolerance.reset();
    } catch (error) {
      signal?.throwIfAborted();
      await pause(tolerance.tolerate(error), signal);
      continue;
    }
    const held = nowMs() - askedAt >= heldMs;
    if (answer.status !== last) onStatus?.(answer.status);
    last = answer.status;
    await onAnswer?.(answer);
    if (isTerminalTaskStatus(answer.status)) return answer;
    if (!held) await pause(pauseMs, signal);
  }
}
