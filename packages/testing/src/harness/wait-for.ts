import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** Limit in ms; a minute unless told, because a machine may be busy. What is there sooner is given sooner. */
  readonly within?: number;
  /** What is waited for, for the error. */
  readonly what?: string;
}

type Present<T> = Exclude<T, null | undefined | false | 0 | ''>;

/** Pause before the second look, ms; each further one is longer, up to the last. */
const pause = { firstMs: 2, factor: 1.5, lastMs: 25 } as const;

/**
 * Looks again and again until the condition gives something truthy, and returns that. A condition that throws counts
 * as not fulfilled yet.
 * @throws Error at the limit, with the last thrown error as its cause.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { within = 60_000, what = 'the condition' }: WaitOptions = {},
): Promise<Present<T>> {
  const deadline = performance.now() + within;
  for (let pauseMs: number = pause.firstMs; ; pauseMs *= pause.factor) {
    let cause: unknown;
    try {
      const value = await condition();
      if (value) return value as Present<T>;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`${what} did not hold within ${within} ms`, { cause });
    }
    await delay(Math.min(pauseMs, pause.lastMs));
  }
}

/** Waits until the assertions hold, that is, until they do not throw any more, and returns what they return. */
export async function waitToPass<T>(
  assertions: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<T> {
  const { value } = await waitFor(async () => ({ value: await assertions() }), options);
  return value;
}
