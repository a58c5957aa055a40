import { type TaskResult, type TaskStatus, isTerminalTaskStatus } from '@cynodeai/contracts';
import { setTimeout as delay } from 'node:timers/promises';
import { GatewayError } from './gateway-error.ts';

const waitSeconds = 30;
/** An answer that took this long was held by the server. */
const heldMs = 25_000;
const pauseMs = 2000;
const toleratedFailures = 3;
const retryAfterMaxSeconds = 30;

export interface WaitForTaskOptions {
  readonly signal?: AbortSignal;
  readonly onStatus?: (status: TaskStatus) => void;
  /** Pauses for so many ms or rejects when the signal fires. */
  readonly pause?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs?: () => number;
}

/** How long to pause before the next try after a failure that may pass, ms. */
export function failurePauseMs(error: GatewayError): number {
  return Math.min(error.retryAfterSeconds ?? pauseMs / 1000, retryAfterMaxSeconds) * 1000;
}

/** Counts failures in a row and decides which are worth another try. Contract 05 section 5. */
export class FailureTolerance {
  #inARow = 0;

  /** Answers the pause before the next try, ms. @throws the error itself when it is final or one too many. */
  tolerate(error: unknown): number {
    this.#inARow += 1;
    const passing = error instanceof GatewayError && error.transient;
    if (!passing || this.#inARow > toleratedFailures) throw error;
    return failurePauseMs(error);
  }

  reset(): void {
    this.#inARow = 0;
  }
}

async function pauseFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, { ...(signal && { signal }) });
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  }
}

/** The loop behind `GatewayClient.waitForTask`; `ask` gets the seconds the server may hold the answer. */
export async function waitForTask(
  ask: (waitSeconds: number, signal: AbortSignal | undefined) => Promise<TaskResult>,
  options: WaitForTaskOptions,
): Promise<TaskResult> {
  const pause = options.pause ?? pauseFor;
  const nowMs = options.nowMs ?? (() => performance.now());
  const tolerance = new FailureTolerance();
  let last: TaskStatus | undefined;
  for (;;) {
    const askedAt = nowMs();
    let pauseMsNow = pauseMs;
    try {
      const result = await ask(waitSeconds, options.signal);
      tolerance.reset();
      if (result.status !== last) options.onStatus?.(result.status);
      last = result.status;
      if (isTerminalTaskStatus(result.status)) return result;
      if (nowMs() - askedAt >= heldMs) pauseMsNow = 0;
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason;
      pauseMsNow = tolerance.tolerate(error);
    }
    if (pauseMsNow > 0) await pause(pauseMsNow, options.signal);
  }
}
