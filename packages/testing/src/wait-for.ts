import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** Limit in ms; 5 s unless told. */
  readonly timeoutMs?: number;
  /** Pause in ms between looks; 10 unless told. */
  readonly intervalMs?: number;
  /** What is waited for, for the error. */
  readonly what?: string;
}

/**
 * Looks again and again until the condition gives something truthy, and returns that. A condition that throws counts
 * as not fulfilled yet.
 * @throws Error at the limit, with the last thrown error as its cause.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<NonNullable<T>> {
  const timeoutMs = options.timeoutMs ?? 5000;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let cause: unknown;
    try {
      const value = await condition();
      if (value !== null && value !== undefined && Boolean(value)) return value;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) {
      const what = options.what ?? 'the condition';
      throw new Error(`${what} did not hold within ${timeoutMs} ms`, { cause });
    }
    await delay(options.intervalMs ?? 10);
  }
}
