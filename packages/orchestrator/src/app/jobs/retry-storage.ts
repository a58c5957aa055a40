import type { Log } from '@cynodeai/runtime/observe';
import { backoffMs, messageOf } from '@cynodeai/runtime/std';

export interface RetryStorageOptions {
  readonly log: Log;
  /** What is being stored, for the log. */
  readonly what: string;
  /** Waits, or less when the signal fires; never rejects. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** Faults that waiting cannot cure are thrown at once. */
  readonly isFinal?: (error: unknown) => boolean;
}

const delays = { firstMs: 100, maxMs: 5000, jitter: 0.2 } as const;

/**
 * Repeats a database transaction until it succeeds: what happened on a node must not be forgotten because the
 * database was away. Undefined when the signal fired first.
 */
export async function retryStorage<T>(
  work: () => Promise<T>,
  options: RetryStorageOptions,
): Promise<T | undefined> {
  for (let attempt = 1; !options.signal.aborted; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (options.isFinal?.(error) === true) throw error;
      options.log.warn(`${options.what} could not be stored`, { attempt, error: messageOf(error) });
    }
    await options.sleep(backoffMs(attempt, Math.random(), delays), options.signal);
  }
  return undefined;
}
